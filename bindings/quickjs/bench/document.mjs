// A document of many small records, for the benches.

// Small and seeded: the same document in every run.
function generator(seed) {
    let state = seed >>> 0;
    return limit => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * limit);
    };
}

export function document(records) {
    const random = generator(20240229);
    const words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"];
    const sentence = count => Array.from({ length: count }, () => words[random(words.length)]).join(" ");
    return Array.from({ length: records }, (_, id) => ({
        id,
        name: sentence(2),
        active: random(2) === 1,
        score: random(1e6) / 997,
        tags: [sentence(1), sentence(1), sentence(1)],
        address: { street: sentence(3), city: sentence(1), zip: random(99999), position: [random(18000) / 100 - 90, random(36000) / 100 - 180] },
        note: id % 8 === 0 ? "na\u00efve \u2013 \u{1f4a9} " + sentence(4) : sentence(9),
        parent: id === 0 ? null : id >> 1,
        counts: [random(100), random(10000), random(1e6), -random(1000)],
    }));
}
