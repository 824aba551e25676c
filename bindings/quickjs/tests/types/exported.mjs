// What the module exports when it runs, a name a line, for a comparison with drystone.d.ts. Usage: qjs exported.mjs
import * as drystone from "./drystone.so";

const lines = [];
const ignored = ["constructor", "prototype", "length", "name", "[Symbol.toStringTag]"];
const named = key => typeof key === "symbol" ? `[${key.description}]` : key;

function list(path, value) {
    lines.push(path);
    const isClass = typeof value === "function" && "prototype" in value;
    if (typeof value !== "object" && !isClass)
        return;
    for (const key of Reflect.ownKeys(value))
        if (!ignored.includes(named(key)))
            list(`${path}.${named(key)}`, value[key]);
    if (isClass)
        for (const key of Reflect.ownKeys(value.prototype))
            if (!["constructor", "[Symbol.toStringTag]"].includes(named(key)))
                lines.push(`${path}.prototype.${named(key)}`);
}

for (const name of Object.keys(drystone))
    list(name, drystone[name]);
console.log(lines.sort().join("\n"));
