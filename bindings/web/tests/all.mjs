// All cases, by the names of their files; the modules come as bytes.

import { collectedCases } from "./cases/collected.mjs";
import { exampleCases } from "./cases/example.mjs";
import { guestCases } from "./cases/guest.mjs";
import { importCases } from "./cases/imports.mjs";
import { lookupCases } from "./cases/lookup.mjs";
import { mapCases } from "./cases/maps.mjs";
import { optionCases } from "./cases/options.mjs";
import { plainCases } from "./cases/plain.mjs";
import { sequenceCases } from "./cases/sequence.mjs";
import { textCases } from "./cases/texts.mjs";
import { valueCases } from "./cases/values.mjs";

export async function allCases(given) {
    return {
        guest: await guestCases(given),
        imports: await importCases(given),
        lookup: await lookupCases(given),
        collected: await collectedCases(given),
        example: await exampleCases(given),
        options: await optionCases(given),
        sequence: await sequenceCases(given),
        plain: await plainCases(given),
        texts: await textCases(given),
        values: await valueCases(given),
        maps: await mapCases(given),
    };
}
