/* media_type.c: media types by the endings of names (see url.h). */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "feeds/url.h"

static const struct {
	const char *ending, *type;
} types[] = {
	{"png", "image/png"},
	{"jpg", "image/jpeg"},
	{"jpeg", "image/jpeg"},
	{"gif", "image/gif"},
	{"webp", "image/webp"},
	{"avif", "image/avif"},
	{"svg", "image/svg+xml"},
	{"bmp", "image/bmp"},
	{"tif", "image/tiff"},
	{"tiff", "image/tiff"},
	{"pdf", "application/pdf"},
	{"ofd", "application/ofd"},
	{"doc", "application/msword"},
	{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"xls", "application/vnd.ms-excel"},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"ppt", "application/vnd.ms-powerpoint"},
	{"pptx",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"odt", "application/vnd.oasis.opendocument.text"},
	{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
	{"odp", "application/vnd.oasis.opendocument.presentation"},
	{"wps", "application/vnd.ms-works"},
	{"rtf", "application/rtf"},
	{"epub", "application/epub+zip"},
	{"zip", "application/zip"},
	{"rar", "application/vnd.rar"},
	{"7z", "application/x-7z-compressed"},
	{"gz", "application/gzip"},
	{"tar", "application/x-tar"},
	{"mp3", "audio/mpeg"},
	{"m4a", "audio/mp4"},
	{"aac", "audio/aac"},
	{"ogg", "audio/ogg"},
	{"oga", "audio/ogg"},
	{"opus", "audio/ogg"},
	{"flac", "audio/flac"},
	{"wav", "audio/wav"},
	{"mp4", "video/mp4"},
	{"m4v", "video/mp4"},
	{"webm", "video/webm"},
	{"ogv", "video/ogg"},
	{"mov", "video/quicktime"},
	{"csv", "text/csv"},
	{"txt", "text/plain"},
	{"html", "text/html"},
	{"htm", "text/html"},
	{"xml", "application/xml"},
	{"json", "application/json"},
};

const char *media_type_of(const char *path)
{
	size_t len = strcspn(path, "?#"), at = len;

	while (at && path[at - 1] != '.' && path[at - 1] != '/')
		at--;
	if (!at || path[at - 1] != '.')
		return NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].ending) == len - at &&
			strncasecmp(types[i].ending, path + at, len - at) == 0)
			return types[i].type;
	return NULL;
}
