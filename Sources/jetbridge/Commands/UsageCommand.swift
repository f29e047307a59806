internal import Host
internal import JSON

struct UsageCommand: Command {
    let syntax = CommandSyntax(
        "usage", summary: "Show the tokens used, by model")

    func run(_ context: CommandContext) async throws {
        let rows = try await context.administering { try await $0.usage() }
        guard !context.isJSON else {
            return try context.print(
                .array(
                    rows.map { row in
                        [
                            "model": .string(row.model), "turns": .integer(row.turns),
                            "input_tokens": .integer(row.input),
                            "output_tokens": .integer(row.output),
                        ]
                    }))
        }
        if rows.isEmpty { try context.errors.writeLine("No tokens were used yet.") }
        let lines = TextTable.lines(
            rows.map { [$0.model, "\($0.turns) turns", "\($0.input) tokens in", "\($0.output) tokens out"] })
        for line in lines { try context.print(line) }
    }
}
