internal import Host
internal import JSON
internal import Models

struct ModelsCommand: Command {
    let syntax = CommandSyntax(
        "models", summary: "List the available models",
        discussion: """
            For each model: id, name, token limits of prompt and answer, tokenizer, version, and the cost of a request in \
            the provider's unit (0× is included in the plan).
            """)

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let (models, usual, missing) = try await ModelProvider.asking(configuration) {
            (try await $0.models(), $0.defaultModel, $0.missing)
        }
        for line in missing { try context.errors.writeLine("Not available: \(line)") }
        guard !context.isJSON else {
            return try context.print(.array(models.map { Self.json($0, isDefault: $0.id == usual) }))
        }
        let rows = models.map { Self.row($0, isDefault: $0.id == usual) }
        for line in TextTable.lines(rows) { try context.print(line.trimmingEnd) }
    }

    private static func json(_ model: ModelInfo, isDefault: Bool) -> JSON {
        [
            "id": .string(model.id), "name": .string(model.name), "input_limit": JSON(model.inputLimit),
            "output_limit": JSON(model.outputLimit), "default": .bool(isDefault),
            "tokenizer": model.tokenizer.map { .string($0) } ?? .null,
            "version": model.version.map { .string($0) } ?? .null, "vendor": model.vendor.map { .string($0) } ?? .null,
            "multiplier": model.multiplier.map { .number($0) } ?? .null, "preview": .bool(model.isPreview),
        ]
    }

    private static func row(_ model: ModelInfo, isDefault: Bool) -> [String] {
        let marks = [isDefault ? "default" : nil, model.isPreview ? "preview" : nil, model.note]
        return [
            model.id, model.name, "\(model.inputLimit) in", "\(model.outputLimit) out", model.tokenizer ?? "",
            model.version ?? "", model.multiplierText ?? "", marks.compactMap { $0 }.joined(separator: ", "),
        ]
    }
}

extension String {
    /// Without the trailing spaces of empty last columns.
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
