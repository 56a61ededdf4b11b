// What the tests ask of a page. Each function returns a list of complaints.
(() => {
	const parse = (color) => {
		const parts = color.match(/[\d.]+/g).map(Number);
		return parts.length === 3 ? [...parts, 1] : parts;
	};
	const over = (top, below) =>
		[0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
	const backgroundOf = (element) => {
		const layers = [];
		for (let at = element; at; at = at.parentElement)
			layers.push(parse(getComputedStyle(at).backgroundColor));
		return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
	};
	const luminance = (color) => {
		const [r, g, b] = color.map((c) => c / 255)
			.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
		return (high + 0.05) / (low + 0.05);
	};
	const isShown = (element) =>
		element.checkVisibility() && element.getBoundingClientRect().width > 0;

	// WCAG 2.1, 1.4.3: 4.5, or 3 for large text.
	const contrast = () => {
		const bad = [];
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		let seen = 0;
		while (walker.nextNode()) {
			const element = walker.currentNode.parentElement;
			if (!walker.currentNode.data.trim() || !isShown(element) ||
				element.closest("script, svg"))
				continue;
			seen++;
			const style = getComputedStyle(element);
			const size = parseFloat(style.fontSize);
			const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
			const found = ratio(parse(style.color), backgroundOf(element));
			if (found < (isLarge ? 3 : 4.5))
				bad.push(`${found.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 30)}`);
		}
		return seen ? bad : ["no text"];
	};

	// Landmarks, headings, names, languages: 1.1.1, 1.3.1, 2.4.1, 2.4.2, 3.1.1, 4.1.2.
	const structure = () => {
		const bad = [];
		const count = (selector) => document.querySelectorAll(selector).length;
		if (count("main") !== 1)
			bad.push("not one main");
		if (count("h1") !== 1)
			bad.push("not one h1");
		if (!document.title || !document.documentElement.lang)
			bad.push("no title or language");
		let level = 0;
		for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
			const own = Number(heading.tagName[1]);
			if (own > level + 1)
				bad.push(`${heading.tagName} after H${level}: ${heading.textContent}`);
			level = own;
		}
		const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
		if (new Set(ids).size !== ids.length)
			bad.push("an id twice");
		for (const element of document.querySelectorAll("[aria-labelledby], a[href^='#']")) {
			const id = element.getAttribute("aria-labelledby") || element.hash.slice(1);
			if (!document.getElementById(id))
				bad.push(`nothing is called ${id}`);
		}
		for (const element of document.querySelectorAll("img:not([alt]), svg:not([aria-label])"))
			bad.push(`no name: ${element.outerHTML.slice(0, 60)}`);
		for (const link of document.querySelectorAll("a")) {
			const name = link.getAttribute("aria-label") || link.textContent.trim() ||
				link.querySelector("[aria-label], img[alt]");
			if (!name)
				bad.push(`no name: ${link.outerHTML.slice(0, 60)}`);
		}
		for (const script of document.scripts)
			if (script.type !== "application/ld+json")
				bad.push("a script");
		return bad;
	};

	// 1.4.10: nothing wider than the window; and nothing cut off at its edge.
	const width = () => {
		const bad = [];
		const root = document.documentElement;
		if (root.scrollWidth > window.innerWidth)
			bad.push(`${root.scrollWidth} in ${window.innerWidth}`);
		return bad;
	};

	const stops = () => {
		let number = 0;
		const selector = "a[href], summary, button, input, audio[controls], [tabindex='0']";
		for (const element of document.querySelectorAll(selector))
			if (isShown(element) || element.classList.contains("skip"))
				element.dataset.stop = ++number;
		return number;
	};
	// What has the focus: which stop it is, and whether that can be seen (2.4.7).
	const focused = () => {
		const element = document.activeElement;
		const style = getComputedStyle(element);
		const box = element.getBoundingClientRect();
		return {
			stop: Number(element.dataset.stop || 0),
			isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
			isInView: box.left >= 0 && box.top >= 0 && box.bottom <= window.innerHeight + 1,
			text: element.outerHTML.slice(0, 80),
		};
	};
	return { contrast, structure, width, stops, focused };
})()
