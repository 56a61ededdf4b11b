// A subscriber made of the package `pubsubhubbub`. Says what happens in JSON, a line each, and
// does what it is told on standard input: ["subscribe", topic, hub] or ["unsubscribe", ...].
const readline = require('readline');
const say = (event, more) => console.log(JSON.stringify({event, ...more}));
const subscriber = require('pubsubhubbub').createServer({secret: process.argv[2]});

subscriber.on('listen', () => {
	const port = subscriber.server.address().port;
	subscriber.callbackUrl = `http://127.0.0.1:${port}/from/node`;
	say('listen', {port});
});
for (const event of ['subscribe', 'unsubscribe', 'denied'])
	subscriber.on(event, (data) => say(event, {topic: data.topic, hub: data.hub,
		lease: data.lease, error: data.error && data.error.message}));
subscriber.on('feed', (data) => say('feed', {topic: data.topic, hub: data.hub,
	type: data.headers['content-type'], body: data.feed.toString('base64')}));
readline.createInterface({input: process.stdin}).on('line', (line) => {
	const [mode, topic, hub] = JSON.parse(line);
	subscriber.setSubscription(mode, topic, hub, (err) => say('answer', {mode,
		error: err && `${err.message}: ${err.responseBody}`}));
}).on('close', () => process.exit(0));
subscriber.listen(0, '127.0.0.1');
