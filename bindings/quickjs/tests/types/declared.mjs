// What drystone.d.ts declares, a name a line, by the compiler's own view of it. Usage: node declared.mjs FILE
import { createRequire } from "node:module";
import { argv, stdout } from "node:process";

const ts = createRequire(argv[1])("typescript");
const program = ts.createProgram([argv[2]], { strict: true, target: ts.ScriptTarget.ES2022 });
const checker = program.getTypeChecker();
const lines = [];

function list(path, symbol) {
    const { flags } = symbol;
    if (!(flags & ts.SymbolFlags.Value))
        return;
    lines.push(path);
    if (flags & ts.SymbolFlags.Module)
        for (const member of checker.getExportsOfModule(symbol))
            list(`${path}.${member.name}`, member);
    if (flags & ts.SymbolFlags.Class) {
        const named = member => member.name.startsWith("__@") ? `[Symbol.${member.name.slice(3).split("@")[0]}]` : member.name;
        for (const member of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)))
            lines.push(`${path}.prototype.${named(member)}`);
        for (const member of checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol)))
            if (member.name !== "prototype")
                lines.push(`${path}.${named(member)}`);
    }
}

const source = program.getSourceFile(argv[2]);
for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source)))
    list(symbol.name, symbol);
stdout.write(lines.sort().join("\n") + "\n");
