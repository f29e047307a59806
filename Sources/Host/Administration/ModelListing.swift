internal import Logging
internal import Models

/// The configured provider's models, for a command.
package enum ModelListing {
    package struct Entry: Sendable {
        package let id: String
        package let name: String
        package let inputLimit: Int
        package let outputLimit: Int
        package let tokenizer: String?
        package let version: String?
        package let vendor: String?
        package let multiplier: Double?
        /// `1×`; nil if the provider reports none.
        package let multiplierText: String?
        package let isPreview: Bool
        package let note: String?
        package let isDefault: Bool
    }

    package static func models(of configuration: Configuration) async throws -> [Entry] {
        let client = ModelProvider.client(for: configuration, logger: Logger(label: "model"))
        let models: [ModelInfo]
        do {
            models = try await client.models()
        } catch {
            await ModelProvider.close(client)
            throw error
        }
        await ModelProvider.close(client)
        return models.map { model in
            Entry(
                id: model.id, name: model.name, inputLimit: model.inputLimit, outputLimit: model.outputLimit,
                tokenizer: model.tokenizer, version: model.version, vendor: model.vendor, multiplier: model.multiplier,
                multiplierText: model.multiplierText, isPreview: model.isPreview, note: model.note,
                isDefault: model.id == client.defaultModel)
        }
    }
}
