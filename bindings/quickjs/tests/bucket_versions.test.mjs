// BucketMap and BucketSet: versions that share memory, and iteration while they change; bucket_heap tests their memory.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import { finish, generator, ok, same, sized, stress, throws } from "./harness.mjs";

const { BucketMap, BucketSet } = drystone;
const contents = table => [...table];

// with and without do not change the original
{
    const one = new BucketMap("text", "integer", [["a", 1], ["b", 2]]);
    const two = one.with("c", 3), three = two.with("a", 9), four = three.without("b"), five = four.without("nothing");
    same([one, two, three, four, five].map(contents), [
        [["a", 1], ["b", 2]], [["a", 1], ["b", 2], ["c", 3]], [["a", 9], ["b", 2], ["c", 3]], [["a", 9], ["c", 3]], [["a", 9], ["c", 3]]]);
    ok(four !== five);
    five.set("z", 0);
    four.delete("a");
    same([contents(four), contents(five)], [[["c", 3]], [["a", 9], ["c", 3], ["z", 0]]]);
    const same_value = one.with("a", 1);
    same_value.set("a", 7), one.set("b", 8), same_value.delete("b");
    same([contents(one), contents(same_value), contents(two)], [[["a", 1], ["b", 8]], [["a", 7]], [["a", 1], ["b", 2], ["c", 3]]]);

    const set = new BucketSet("integer", [1, 2]);
    const more = set.with(3), again = more.with(3), less = again.without(1);
    again.delete(3), more.add(4);
    same([set, more, again, less].map(contents), [[1, 2], [1, 2, 3, 4], [1, 2], [2, 3]]);
}

// of empty ones, too
{
    const none = new BucketMap("integer", "integer");
    const same_none = none.without(1), other = none.without(2);
    same_none.set(1, 1);
    none.set(2, 2);
    same([contents(none), contents(same_none), contents(other)], [[[2, 2]], [[1, 1]], []]);
    const emptied = none.without(2), twin = emptied.without(5);
    emptied.clear(), emptied.set(3, 3);
    same([contents(emptied), contents(twin)], [[[3, 3]], []]);
}

// several versions start from one, and diverge
{
    const base = new BucketMap("integer", "text", Array.from({ length: 20 }, (_, n) => [n, `v${n}`]));
    const heirs = Array.from({ length: 5 }, (_, n) => base.with(100 + n, `heir ${n}`));
    heirs.forEach((heir, n) => heir.set(200 + n, "in place").set(0, `own ${n}`));
    heirs.forEach((heir, n) => {
        same([heir.size, heir.get(100 + n), heir.get(200 + n), heir.get(0), heir.has(100 + (n + 1) % 5)], [22, `heir ${n}`, "in place", `own ${n}`, false]);
    });
    same([base.size, base.get(0), [...base.keys()].at(-1)], [20, "v0", 19]);
}

// random versions and changes, compared with models
for (let seed = 1; seed <= sized(10, 2); seed++) {
    const random = generator(seed * 31), text = seed % 2 === 0;
    const key = () => text ? `k${random(60)}` : random(60);
    let all = [[new BucketMap(text ? "text" : "integer", "number"), new Map()]];
    let sets = [[new BucketSet(text ? "text" : "integer"), new Set()]];
    for (let step = 0; step < sized(2500, 60); step++) {
        const [map, model] = all[random(all.length)], [set, modelSet] = sets[random(sets.length)];
        const k = key(), v = random(1000) / 8;
        switch (random(8)) {
        case 0: case 1: map.set(k, v), model.set(k, v), set.add(k), modelSet.add(k); break;
        case 2: same([map.delete(k), set.delete(k)], [model.delete(k), modelSet.delete(k)]); break;
        case 3: case 4: case 5: {
            const next = new Map(model).set(k, v);
            all.push([map.with(k, v), next]);
            sets.push([set.with(k), new Set(modelSet).add(k)]);
            break;
        }
        case 6: {
            const next = new Map(model), nextSet = new Set(modelSet);
            next.delete(k), nextSet.delete(k);
            all.push([map.without(k), next]);
            sets.push([set.without(k), nextSet]);
            break;
        }
        default:
            if (random(20) === 0)
                map.clear(), model.clear();
            same([map.get(k), map.size, set.has(k), set.size], [model.get(k), model.size, modelSet.has(k), modelSet.size]);
        }
        // some are dropped, so that others are no longer shared
        if (all.length > 12)
            all.splice(random(all.length), 1 + random(8)), sets.splice(random(sets.length), 1 + random(8));
        if (all.length === 0)
            all = [[new BucketMap(text ? "text" : "integer", "number"), new Map()]];
        if (sets.length === 0)
            sets = [[new BucketSet(text ? "text" : "integer"), new Set()]];
        if (step % 50 === 0)
            for (const [one, other] of [...all, ...sets])
                same(contents(one), contents(other), `seed ${seed}, step ${step}`);
    }
    for (const [one, other] of [...all, ...sets])
        same(contents(one), contents(other), `seed ${seed}`);
}

// iterators
{
    const map = new BucketMap("text", "integer", [["a", 1], ["b", 2]]);
    const iterator = map.entries();
    same([iterator[Symbol.iterator]() === iterator, Object.prototype.toString.call(iterator)], [true, "[object Bucket Iterator]"]);
    same([iterator.next(), iterator.next(), iterator.next(), iterator.next()],
        [{ value: ["a", 1], done: false }, { value: ["b", 2], done: false }, { value: undefined, done: true }, { value: undefined, done: true }]);
    map.set("c", 3);
    same(iterator.next(), { value: undefined, done: true }, "one that has ended stays there");
    same([...map.keys().map(key => key + key)], ["aa", "bb", "cc"], "the engine's helpers");
    const seen = [], receiver = {};
    same(map.forEach(function (value, key, of) { seen.push([key, value, of === map, this === receiver]); }, receiver), undefined);
    same(seen, [["a", 1, true, true], ["b", 2, true, true], ["c", 3, true, true]]);
    const elements = [];
    new BucketSet("integer", [4, 5]).forEach((value, key) => elements.push(value, key));
    same(elements, [4, 4, 5, 5]);
    throws(() => map.forEach(), { type: TypeError });
    throws(() => map.forEach(() => { throw new EvalError("mine"); }), { type: EvalError });
    for (const stranger of [undefined, {}, map, [].values()])
        throws(() => iterator.next.call(stranger), { type: TypeError, code: "WRONG_TYPE" });
}

// changes during an iteration appear as with Map: the same program on both
const whileIterating = (map, make, other) => {
    const log = [];
    let steps = 0;
    for (const [key, value] of map) {
        log.push([key, value]);
        if (++steps > 400)
            break;
        make(map, key, steps);
        if (other !== undefined && steps % 3 === 0)
            other.push(map.size);
    }
    return [log, [...map]];
};
const programs = {
    "deletes what it sees": (map, key) => map.delete(key),
    "deletes what comes": (map, key) => map.delete(key + 1),
    "deletes what went": (map, key) => map.delete(key - 2),
    "overwrites": (map, key) => map.set(key, key * 10).set(key + 3, -1),
    "adds for a while": (map, key, step) => step < 150 && map.set(1000 + step, step),
    "a worklist": (map, key, step) => { map.delete(key); if (step < 300) map.set(5000 + step, step); },
    "moves to the end": (map, key, step) => { if (step < 300) { map.delete(key); map.set(key, step); } },
    "clears": (map, key, step) => { if (step === 5) map.clear(), map.set(7, 7).set(8, 8); },
    "clears and goes on": (map, key, step) => { if (step % 40 === 5 && step < 300) { map.clear(); for (let n = 0; n < 50; n++) map.set(n, step); } },
    "grows a lot": (map, key, step) => { if (step === 3) for (let n = 0; n < 300; n++) map.set(10000 + n, n); },
    "empties and fills": (map, key, step) => { if (step === 2) { for (const k of [...map.keys()]) map.delete(k); for (let n = 0; n < 30; n++) map.set(n + 40, n); } },
    "branches": (map, key, step) => { (map.kept ??= []).push(map.with?.(9000 + step, step), map.without?.(key)); map.delete(key - 1); if (step < 100) map.set(20000 + step, 1).set(key, step); },
};
for (const [name, make] of Object.entries(programs)) {
    for (const size of stress ? [1, 8, 15] : [1, 3, 7, 8, 9, 14, 15, 28, 56, 112]) {
        const entries = Array.from({ length: size }, (_, n) => [n, 3 * n]);
        const ours = whileIterating(new BucketMap("integer", "integer", entries), make);
        same(ours, whileIterating(new Map(entries), make), `${name}, ${size}`);
        // the same on a shared version
        const map = new BucketMap("integer", "integer", entries), versions = [map.with(-50, 1), map.without(0), map.without(-1)];
        same(whileIterating(map, make), ours, `${name}, ${size}, shared`);
        same(versions.map(version => version.size), [size + 1, size - 1, size], "and they see nothing of it");
    }
}
// random changes during several iterations at once
for (let seed = 1; seed <= sized(60, 4); seed++) {
    const random = generator(seed * 977), start = random(40);
    const entries = Array.from({ length: start }, (_, n) => [`k${n}`, n]);
    const map = new BucketMap("text", "integer", entries), model = new Map(entries);
    let iterators = [], kept = [];
    for (let step = 0; step < sized(300, 60); step++) {
        const key = `k${random(60)}`, what = random(12);
        if (what < 3)
            map.set(key, step), model.set(key, step);
        else if (what < 5)
            same(map.delete(key), model.delete(key));
        else if (what === 5)
            kept.push(map.with(key, step));
        else if (what === 6)
            kept.splice(random(kept.length + 1), 2);
        else if (what === 7 && iterators.length < 4)
            iterators.push([map.entries(), model.entries()]);
        else if (what === 8 && random(10) === 0)
            map.clear(), model.clear();
        else if (what === 9 && random(4) === 0)
            iterators.splice(random(iterators.length + 1), 1);
        else
            for (const [ours, theirs] of iterators)
                same(ours.next(), theirs.next(), `seed ${seed}, step ${step}`);
    }
    for (const [ours, theirs] of iterators)
        same([...ours], [...theirs], `seed ${seed}, the rest`);
}

// iterators that outlive their maps, and cycles of both
(() => {
    let iterator = new BucketMap("text", "text", [["a", "b"], ["c", "d"]]).values();
    std.gc();
    same([...iterator], ["b", "d"]);
    for (let n = 0; n < sized(200, 10); n++) {
        const map = new BucketMap("integer", "text", [[1, "x"], [2, "y"]]), set = map.keys();
        map.iterator = map.entries();
        map.iterator.next();
        map.iterator.map = map;
        map.other = [map.with(3, "z"), set];
        map.other[0].back = map;
    }
})();
std.gc();

finish();
