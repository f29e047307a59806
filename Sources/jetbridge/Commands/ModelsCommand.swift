internal import Host
internal import JSON

struct ModelsCommand: Command {
    let syntax = CommandSyntax(
        "models", summary: "List the models that can be chosen")

    func run(_ context: CommandContext) async throws {
        guard let configuration = try context.loadConfiguration().configuration else { return }
        let models = try await ModelListing.models(of: configuration)
        guard !context.isJSON else {
            return try context.print(
                .array(
                    models.map { model in
                        [
                            "id": .string(model.id), "name": .string(model.name), "input_limit": JSON(model.inputLimit),
                            "output_limit": JSON(model.outputLimit), "default": .bool(model.isDefault),
                        ]
                    }))
        }
        let lines = TextTable.lines(
            models.map {
                [$0.id, $0.name, "\($0.inputLimit) in", "\($0.outputLimit) out", $0.isDefault ? "default" : ""]
            })
        for line in lines { try context.print(line) }
    }
}
