internal import Host
internal import JSON
internal import Logging

struct ModelsCommand: Command {
    let syntax = CommandSyntax(
        "models", summary: "List the available models",
        discussion: """
            For each model: id, name, token limits of prompt and answer, tokenizer, version, and the cost of a request in \
            the provider's unit (0× is included in the plan).
            """)

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        // The command reports failures itself, in one line.
        Logging.configure(level: .error, format: .text)
        let models = try await ModelListing.models(of: configuration)
        guard !context.isJSON else { return try context.print(.array(models.map { Self.json($0) })) }
        for line in TextTable.lines(models.map { Self.row($0) }) { try context.print(line.trimmingEnd) }
    }

    private static func json(_ model: ModelListing.Entry) -> JSON {
        [
            "id": .string(model.id), "name": .string(model.name), "input_limit": JSON(model.inputLimit),
            "output_limit": JSON(model.outputLimit), "default": .bool(model.isDefault),
            "tokenizer": model.tokenizer.map { .string($0) } ?? .null,
            "version": model.version.map { .string($0) } ?? .null, "vendor": model.vendor.map { .string($0) } ?? .null,
            "multiplier": model.multiplier.map { .number($0) } ?? .null, "preview": .bool(model.isPreview),
        ]
    }

    private static func row(_ model: ModelListing.Entry) -> [String] {
        let marks = [model.isDefault ? "default" : nil, model.isPreview ? "preview" : nil, model.note]
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
