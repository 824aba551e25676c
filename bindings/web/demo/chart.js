// Two series of points on a logarithmic scale, as SVG.

const NAMESPACE = "http://www.w3.org/2000/svg";
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 12, 10, 22];

function element(name, attributes, text = "") {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
}

/** Draws `{ ours, theirs }`, each pairs of a place and a time in milliseconds. */
export function drawPoints(chart, series, { format, most }) {
    const { width, height } = chart.getBoundingClientRect();
    const times = Object.values(series).flat().map(([, time]) => Math.max(time, 0.001));
    const low = Math.floor(Math.log10(Math.min(...times, 1)));
    const high = Math.ceil(Math.log10(Math.max(...times, 1)) + 0.01);
    const x = (place) => LEFT + ((width - LEFT - RIGHT) * place) / most;
    const y = (time) => height - BOTTOM - ((height - BOTTOM - TOP) * (Math.log10(Math.max(time, 0.001)) - low)) / (high - low);
    const parts = [];
    for (let power = low; power <= high; power += 1) {
        const at = y(10 ** power);
        parts.push(element("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }));
        parts.push(element("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" }, format(10 ** power)));
    }
    parts.push(element("text", { x: width - RIGHT, y: height - 4, "text-anchor": "end" }, String(most)));
    for (const [name, points] of Object.entries(series)) {
        const places = points.map(([place, time]) => [x(place), y(time)]);
        parts.push(element("polyline", { class: name, points: places.map((place) => place.join(",")).join(" ") }));
        for (const [cx, cy] of places)
            parts.push(name === "ours" ? element("rect", { class: name, x: cx - 3, y: cy - 3, width: 6, height: 6 }) : element("circle", { class: name, cx, cy, r: 3 }));
    }
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.replaceChildren(...parts);
}
