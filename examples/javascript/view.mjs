// Large values are read in place, and sent by reference.
//
// prints: row 777 is 777
// prints: a letter of all rows weighs less than 100 bytes: true
import * as drystone from "./drystone.so";

const rows = Array.from({ length: 1000 }, (_, n) => ({ n }));
const table = drystone.wota.view(drystone.wota.encode({ from: "ann", rows }));
console.log(`row 777 is ${table.rows[777].n}`); // only values that are used are decoded

const letter = drystone.wota.encode({ rows: table.rows }); // two words for the rows, whatever their size
console.log(`a letter of all rows weighs less than 100 bytes: ${letter.length / 8 < 100}`);
