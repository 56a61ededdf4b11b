/* xmlout.c: see xmlout.h. */
#include "feeds/xmlout.h"

#include <string.h>
#include <time.h>

#include "feeds/base/buf.h"

/* Length of what XML 1.0 forbids at TEXT: controls, U+FFFE and U+FFFF; 0 = nothing. */
static size_t forbidden_at(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (*at < 0x20)
		return *at != '\t' && *at != '\n' && *at != '\r';
	return at[0] == 0xef && at[1] == 0xbf && (at[2] == 0xbe || at[2] == 0xbf) ? 3 : 0;
}

static void escape(struct buf *out, const char *text, const char *const table[128])
{
	const char *start = text;

	for (;; text++) {
		unsigned char c = (unsigned char)*text;
		const char *as = c < 128 ? table[c] : NULL;
		size_t skip = c ? forbidden_at(text) : 0;

		if (c && !as && !skip)
			continue;
		buf_add(out, start, (size_t)(text - start));
		if (!c)
			return;
		if (as)
			buf_add_str(out, as);
		if (skip > 1)
			text += skip - 1;
		start = text + 1;
	}
}

void xml_text(struct buf *out, const char *text)
{
	static const char *const table[128] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",
		['\r'] = "&#13;"};

	escape(out, text, table);
}

void xml_attribute(struct buf *out, const char *text)
{
	static const char *const table[128] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",
		['"'] = "&quot;", ['\''] = "&#39;", ['\t'] = "&#9;", ['\n'] = "&#10;",
		['\r'] = "&#13;"};

	escape(out, text, table);
}

void xml_profile_text(struct buf *out, const char *text)
{
	static const char *const table[128] = {['&'] = "&#x26;", ['<'] = "&#x3C;",
		['>'] = "&#x3E;", ['\r'] = "&#13;"};

	escape(out, text, table);
}

void xml_element(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "<%s>", name);
	xml_text(out, text);
	buf_printf(out, "</%s>\n", name);
}

static void split_time(const struct instant *at, struct tm *tm, int *ms)
{
	int64_t seconds = at->ms / 1000;
	time_t local;

	*ms = (int)(at->ms % 1000);
	if (*ms < 0) {
		*ms += 1000;
		seconds--;
	}
	local = (time_t)(seconds + at->offset_s);
	gmtime_r(&local, tm);
}

void date_rfc3339(struct buf *out, const struct instant *at)
{
	int ms, offset = at->offset_s / 60, minutes = offset < 0 ? -offset : offset;
	struct tm tm;

	split_time(at, &tm, &ms);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (ms)
		buf_printf(out, ".%03d", ms);
	if (!offset)
		buf_add_char(out, 'Z');
	else
		buf_printf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void date_rfc822(struct buf *out, const struct instant *at)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int ms, offset = at->offset_s / 60, minutes = offset < 0 ? -offset : offset;
	struct tm tm;

	split_time(at, &tm, &ms);
	buf_printf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d", days + 3 * tm.tm_wday,
		tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		tm.tm_sec, offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static bool is_chinese(const struct article *article)
{
	return !article->language || strncmp(article->language, "zh", 2) == 0;
}

void content_notice(struct buf *out, const struct article *article, bool is_withdrawn)
{
	const struct correction *correction = &article->correction;

	if (is_withdrawn) {
		buf_add_str(out, "<p>");
		xml_text(out, article->withdrawal.reason ? article->withdrawal.reason :
			is_chinese(article) ? "本稿已撤回。" : "This article has been withdrawn.");
		buf_add_str(out, "</p>");
	} else if (correction->level >= CORRECTION_CORRECTION && correction->note) {
		buf_printf(out, "<p><strong>%s</strong>",
			is_chinese(article) ? "更正：" : "Correction: ");
		xml_text(out, correction->note);
		buf_add_str(out, "</p>");
	}
}

void content_title(struct buf *out, const struct article *article, bool is_withdrawn)
{
	if (is_withdrawn)
		buf_add_str(out, is_chinese(article) ? "【撤稿】" : "Withdrawn: ");
	buf_add_str(out, article->title);
}

const char *content_summary(const struct article *article)
{
	return article->summary && *article->summary ? article->summary : article->lead;
}
