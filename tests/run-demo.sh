#!/bin/sh
# `make run`: the sample articles in a scratch directory, and gazetted on them. Ctrl-C ends
# it; what you change in the directory meanwhile is published.
set -eu
gazetted=$1
directory=${GAZETTED_DEMO:-build/demo}
address=${GAZETTED_LISTEN:-127.0.0.1:8080}
if [ ! -d "$directory" ]; then
	mkdir -p "$directory"
	# a channel each: its name, and where its articles are in the corpus
	while read -r channel from; do
		cp -R "tests/corpus/articles/$from" "$directory/$channel"
	done <<-'END'
		要闻 txt
		生活 md
		社会 html/news
		便民 html/2026-05/09
		市民中心 html/info/1041
		通知公告 html/zwgk/tzgg/202605
		日报 html/epaper/pc/content/202605/11
		天气 xml
		图片 media
	END
	# a sidecar says what the page does not: which day it was printed
	echo 'edition: {paper: 青岑日报, date: 2026-05-11, page: "03", section: 要闻}' \
		>"$directory/日报/content_200120.html.meta.yaml"
fi
cat <<EOF

  articles   $directory   (drop, edit, rename or delete a file there)
  page       http://$address/
  feeds      http://$address/feed.atom   feed.rss   feed.json
  a channel  http://$address/c/%E7%94%9F%E6%B4%BB/feed.atom   (生活)
  e-paper    http://$address/epaper/
  hub        http://$address/hub

  try        printf '%s\n' --- 'title: Hello' 'date: $(date -u +%Y-%m-%dT%H:%M:%SZ)' \\
               --- 'It works.' > $directory/hello.md
             curl -s http://$address/feed.json | head -c 600

EOF
exec "$gazetted" -o "http.listen=$address" -o "site.title=青岑新闻网" \
	-o "site.subtitle=Qingcen News, a sample" "$directory"
