// The kinds of a tape's items, as in all/tape/src/lib.rs. An item is a double, or its upper half is `TAG | kind`.

export const TAG = 0xffff0000 | 0;
export const [
    INTEGER, TEXT, ARRAY, RECORD, KEY, NEW_KEY, NULL, FALSE, TRUE, WIDE, STONE, BITS, WIDE_TEXT, NOT_NUMBER,
] = Array(14).keys();
