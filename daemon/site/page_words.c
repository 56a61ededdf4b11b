/* page_words.c: see page_words.h. A test asks for every word in every language. */
#include "daemon/site/page_words.h"

#include <assert.h>

static const char *const words[WORD_COUNT][PAGE_LANGUAGE_COUNT] = {
	[WORD_SKIP] = {"跳到正文", "Skip to content"},
	[WORD_HOME] = {"首页", "Home"},
	[WORD_OTHER_LANGUAGE] = {"English", "中文"},
	[WORD_SITE_LINKS] = {"本站链接", "Site links"},
	[WORD_SITEMAP] = {"网站地图", "Sitemap"},

	[WORD_SUBSCRIBE] = {"订阅", "Subscribe"},
	[WORD_LATEST] = {"最新发布", "Latest"},
	[WORD_NOTHING_YET] = {"还没有文章。", "Nothing has been published yet."},
	[WORD_ALL_ARTICLES] = {"全部文章", "All articles"},
	[WORD_COPY_HINT] = {"点一下地址即可全选，复制后粘贴到阅读器。",
		"One click selects an address; copy it and paste it into your reader."},
	[WORD_OPEN_IN_READER] = {"用阅读器打开", "Open in a reader"},
	[WORD_FEEDS] = {"全部订阅源", "All feeds"},
	[WORD_CHANNELS] = {"栏目", "Channels"},
	[WORD_TAGS] = {"标签", "Tags"},
	[WORD_AUTHORS] = {"作者", "Authors"},
	[WORD_SOURCES] = {"稿源", "Sources"},
	[WORD_OPML] = {"下载 OPML", "Download OPML"},
	[WORD_MORE_FEEDS] = {"未列出的订阅源：", "Feeds that are not listed here: "},
	[WORD_OPML_HINT] = {"一次导入全部订阅源", "imports every feed at once"},
	[WORD_HOW] = {"怎样订阅", "How to subscribe"},
	[WORD_BY_READER] = {"用阅读器", "With a feed reader"},
	[WORD_READER_TEXT] = {
		"在 NetNewsWire、FreshRSS、Miniflux、newsboat 等阅读器中添加上面任一地址。"
		"Atom、RSS、JSON 三种格式内容相同，任选其一。",
		"Add any address above in NetNewsWire, FreshRSS, Miniflux, newsboat or another "
		"reader. Atom, RSS and JSON hold the same articles; any one will do."},
	[WORD_READER_SERVICES] = {"直接加到在线阅读器：", "Add to an online reader:"},
	[WORD_BY_WEBSUB] = {"用 WebSub 即时推送", "Pushed at once, by WebSub"},
	[WORD_WEBSUB_TEXT] = {
		"程序可以向集线器登记回调地址，每次更新会立即推送，并带有签名。",
		"A program registers its callback with the hub and gets every change at once, "
		"signed."},
	[WORD_WEBSUB_AFTER] = {
		"集线器会先访问回调地址核实意向，确认后开始推送。",
		"The hub asks the callback to confirm; after that, pushes begin."},
	[WORD_BY_PARTNER] = {"作为合作媒体", "As a partner"},
	[WORD_PARTNER_TEXT] = {
		"转载与供稿须经授权。取得令牌的合作媒体可获得约定范围的全文、更正与撤稿通知。",
		"Republication needs an agreement. With a token, partners receive the text they "
		"are entitled to, and every correction and withdrawal."},
	[WORD_TOPIC] = {"主题", "Topic"},
	[WORD_HUB] = {"集线器", "Hub"},

	[WORD_SOURCE] = {"来源", "Source"},
	[WORD_PUBLISHED] = {"发布时间", "Published"},
	[WORD_UPDATED] = {"更新时间", "Updated"},
	[WORD_READ_ON_PHONE] = {"扫码阅读手机版", "Read on your phone"},
	[WORD_QR_LABEL] = {"本页二维码", "QR code of this page"},
	[WORD_AUTHOR] = {"作者：", "By "},
	[WORD_EDITOR] = {"责任编辑：", "Editor: "},
	[WORD_EPAPER] = {"电子报", "E-paper"},
	[WORD_PRINTED] = {"见报", "In print"},
	[WORD_CORRECTION] = {"更正", "Correction"},
	[WORD_UPDATE] = {"更新", "Update"},
	[WORD_CORRECTIVE] = {"更正启事", "Notice of correction"},
	[WORD_CORRECTS] = {"更正稿件", "Corrects"},
	[WORD_CORRECTED_BY] = {"本稿已有更正启事", "This article has been corrected"},
	[WORD_WITHDRAWN] = {"撤稿", "Withdrawn"},
	[WORD_WITHDRAWN_TEXT] = {"此稿已撤回，请勿继续使用或转载。",
		"This article has been withdrawn. Please do not use or republish it."},
	[WORD_WITHDRAWN_AT] = {"撤稿时间", "Withdrawn at"},
	[WORD_READ_ORIGINAL] = {"阅读原文", "Read the original"},
	[WORD_ATTACHMENTS] = {"附件", "Attachments"},
	[WORD_TAGGED] = {"标签", "Tags"},
	[WORD_CHANNEL] = {"栏目", "Channel"},
	[WORD_RIGHTS] = {"版权", "Rights"},
	[WORD_FOLLOW] = {"订阅本栏目", "Follow this channel"},
	[WORD_COLON] = {"：", ": "},
	[WORD_COMMA] = {"、", ", "},
	[WORD_GONE] = {"此稿已撤下", "No longer available"},
	[WORD_GONE_TEXT] = {"这篇文章不再提供，请勿继续使用或转载。",
		"This article has been taken down. Please do not use or republish it."},
	[WORD_MISSING] = {"没有这个页面", "There is no such page"},
	[WORD_MISSING_TEXT] = {"这个地址上没有内容。请从首页查找。",
		"Nothing is published at this address. See the home page for what is."},
	[WORD_FEED_ENDED] = {"此订阅源已停用", "This feed is no more"},
	[WORD_FEED_ENDED_TEXT] = {"首页列出了其他可订阅的内容。",
		"The home page lists the other feeds."},
	[WORD_NOT_TAKEN] = {"此处不接收内容", "Nothing can be sent here"},
	[WORD_NOT_TAKEN_TEXT] = {"这个地址只供浏览。请从首页查找。",
		"This address can only be read. See the home page for what there is."},
	[WORD_TOO_MANY] = {"访问过于频繁", "Too many requests"},
	[WORD_NOT_NOW] = {"暂时无法访问", "Not available just now"},
	[WORD_WAIT_TEXT] = {"请稍候片刻再试。", "Please wait a moment, then try again."},
	[WORD_TABLE] = {"表格", "Table"},
	[WORD_ONLY_SUMMARY] = {"此处只提供摘要。", "Only a summary is available here."},

	[WORD_EPAPER_TITLE] = {"电子报", "E-paper"},
	[WORD_PAGE_BEFORE] = {"第", "Page "},
	[WORD_PAGE_AFTER] = {"版", ""},
	[WORD_NO_PAGE] = {"其他", "Other"},
	[WORD_PREVIOUS_DAY] = {"前一期", "Previous edition"},
	[WORD_NEXT_DAY] = {"后一期", "Next edition"},
	[WORD_ALL_DAYS] = {"往期", "All editions"},
	[WORD_DAYS_TEXT] = {"各期见报文章，按版面排列。",
		"The articles of each printed edition, by page."},
	[WORD_ARTICLES] = {"篇", "articles"},
	[WORD_PAGES] = {"版面目录", "Pages of this edition"},
};

const char *page_word(enum page_language language, enum page_word word)
{
	assert(language < PAGE_LANGUAGE_COUNT && word < WORD_COUNT && words[word][language]);
	return words[word][language];
}
