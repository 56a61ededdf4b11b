// Reads {"atom": text, "rss": text, "json": text} from standard input with two parsers of npm
// and writes what they found: {"PARSER FORMAT": [item, ...]}, an item with one name per field.
import {readFileSync} from 'fs';
import {Readable} from 'stream';
import FeedParser from 'feedparser';
import {parseFeed} from 'feedsmith';

const seconds = (text) => text ? Math.round(new Date(text).getTime() / 1000) : undefined;
const names = (people) => (people || []).map((person) => person.name);
const hrefs = (links, rel, title) => (links || []).filter((l) => l.rel === rel &&
	(!title || l.title === title)).map((l) => l.href);
const more = (links, dcterms) => ({
	mobile: hrefs(links, 'related', '手机版'), via: hrefs(links, 'via'),
	papers: [...hrefs(links, 'related', '电子报'), ...(dcterms?.hasFormats || [])],
	citations: dcterms?.bibliographicCitations || [],
});

const fromFeedsmith = {
	atom: (feed) => feed.entries.map((e) => ({
		id: e.id, title: e.title.value, published: seconds(e.published),
		updated: seconds(e.updated), authors: names(e.authors), editors: names(e.contributors),
		source: e.dc?.sources?.[0], rights: e.rights?.value,
		tags: (e.categories || []).map((c) => c.term),
		summary: e.summary?.value, content: e.content?.value,
		link: e.links.find((l) => l.rel === 'alternate').href,
		enclosures: e.links.filter((l) => l.rel === 'enclosure')
			.map((l) => [l.href, l.type, l.length, l.title]),
		language: e.xml?.lang, ...more(e.links, e.dcterms),
	})),
	rss: (feed) => feed.items.map((i) => ({
		id: i.guid.value, title: i.title, published: seconds(i.pubDate),
		authors: i.dc?.creators?.[0]?.split('、'), editors: i.dc?.contributors,
		source: i.dc?.sources?.[0], rights: i.dc?.rights?.[0],
		tags: (i.categories || []).map((c) => c.name),
		summary: i.description, content: i.content?.encoded, link: i.link,
		enclosures: [...(i.enclosures || []).map((e) => [e.url, e.type, e.length || undefined]),
			...(i.media?.contents || []).map((c) => [c.url, c.type, c.fileSize,
				c.title?.value])],
		updated: seconds(i.atom?.updated), ...more(i.atom?.links, i.dcterms),
	})),
	json: (feed) => feed.items.map((i) => ({
		id: i.id, title: i.title, published: seconds(i.date_published),
		updated: seconds(i.date_modified), authors: names(i.authors), tags: i.tags || [],
		summary: i.summary, content: i.content_html, link: i.url, language: i.language,
		enclosures: (i.attachments || []).map((a) => [a.url, a.mime_type, a.size_in_bytes,
			a.title]),
	})),
};

async function fromFeedparser(text) {
	const items = [];
	for await (const i of Readable.from([text]).pipe(new FeedParser({addmeta: false})))
		items.push({
			id: i.guid, title: i.title, published: seconds(i.pubdate), link: i.link,
			tags: i.categories, summary: i.summary || undefined, content: i.description,
			enclosures: i.enclosures.map((e) => [e.url, e.type, Number(e.length) || undefined]),
			author: i.author, language: undefined,
		});
	return items;
}

const feeds = JSON.parse(readFileSync(0, 'utf8')), found = {};
for (const [format, text] of Object.entries(feeds)) {
	const parsed = parseFeed(text);
	if (parsed.format !== format)
		throw new Error(`feedsmith takes ${format} for ${parsed.format}`);
	found[`feedsmith ${format}`] = fromFeedsmith[format](parsed.feed);
	if (format !== 'json')
		found[`feedparser ${format}`] = await fromFeedparser(text);
}
console.log(JSON.stringify(found));
