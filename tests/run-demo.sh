#!/bin/sh
# `make run`: the sample articles in a scratch directory, and gazetted on them. Ctrl-C ends
# it; what you change in the directory meanwhile is published.
set -eu
gazetted=$1
directory=${GAZETTED_DEMO:-build/demo}
address=${GAZETTED_LISTEN:-127.0.0.1:8080}
if [ ! -d "$directory" ]; then
	mkdir -p "$(dirname "$directory")"
	cp -R tests/corpus/articles "$directory"
fi
cat <<EOF

  articles   $directory   (drop, edit, rename or delete a file there)
  page       http://$address/
  feeds      http://$address/feed.atom   feed.rss   feed.json
  a channel  http://$address/c/md/feed.atom
  hub        http://$address/hub

  try        printf '%s\n' --- 'title: Hello' 'date: $(date -u +%Y-%m-%dT%H:%M:%SZ)' \\
               --- 'It works.' > $directory/hello.md
             curl -s http://$address/feed.json | head -c 600

EOF
exec "$gazetted" -o "http.listen=$address" -o "site.title=青岑新闻网" \
	-o "site.subtitle=Qingcen News, a sample" "$directory"
