internal import Host
internal import JSON
internal import Primitives
internal import Sessions

struct AsksCommand: Command {
    let syntax = CommandSyntax(
        "asks", summary: "List what waits for a decision in any thread",
        discussion: "Each is answered with 'approve ID' or 'deny ID', in its thread or here.")

    func run(_ context: CommandContext) async throws {
        let asks = try await context.administering { try await $0.openAsks() }
        guard !context.isJSON else { return try context.print(.array(asks.map(Self.json))) }
        if asks.isEmpty { try context.errors.writeLine("Nothing waits for a decision.") }
        for (index, ask) in asks.enumerated() {
            if index > 0 { try context.print("") }
            try context.print(context.output.shown("\(ask.session): \(ask.lead)"))
        }
    }

    private static func json(_ ask: AskRecord) -> JSON {
        [
            "id": .string(ask.id), "thread_id": .string(ask.session), "kind": .string(ask.kind.rawValue),
            "text": .string(ask.text),
            "options": .array(ask.options.map { ["key": .string($0.key), "label": .string($0.label)] }),
            "expires_at": .string(CivilTime(milliseconds: ask.expiresAt).rfc3339Seconds),
        ]
    }
}
