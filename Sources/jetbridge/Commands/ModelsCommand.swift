internal import Host
internal import JSON
internal import Logging

struct ModelsCommand: Command {
    let syntax = CommandSyntax(
        "models", summary: "List the models that can be chosen",
        discussion: """
            For each: id, name, the most tokens of a prompt and of an answer, how its tokens are counted, its version, and \
            what a request costs in the provider's own unit (0× is included).
            """)

    func run(_ context: CommandContext) async throws {
        guard let configuration = try context.loadConfiguration().configuration else { return }
        // What goes wrong is told by the command itself, in one line.
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
    /// Without the blanks that empty last columns leave.
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
