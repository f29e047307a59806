internal import JSON
internal import Primitives

/// Reads the catalog at `/catalog/models`. Pure; skips invalid entries.
enum GitHubModelsCatalog {
    /// Nil when it is not a catalog.
    static func parse(_ bytes: [UInt8]) -> [ModelInfo]? {
        guard let json = try? JSON.parse(bytes), let entries = json.arrayValue ?? json["data"]?.arrayValue else {
            return nil
        }
        var seen: Set<String> = []
        return entries.prefix(ModelInfo.mostListed).compactMap { self.model($0) }.filter { seen.insert($0.id).inserted }
            .sorted { $0.id < $1.id }
    }

    private static func model(_ entry: JSON) -> ModelInfo? {
        guard let id = entry["id"]?.stringValue, !id.isEmpty, id.utf8.count <= 200 else { return nil }
        let name = entry["rate_limit_tier"]?.stringValue ?? ""
        let tier = GitHubModelsTier(rawValue: name)
        guard tier != .embeddings, self.writesText(entry) else { return nil }
        let assumed = ModelLimits.assumed(for: id)
        var input = entry["limits"]?["max_input_tokens"]?.intValue ?? assumed.input
        var output = entry["limits"]?["max_output_tokens"]?.intValue ?? assumed.output
        // The tier may allow less than the model.
        if let most = tier?.tokens ?? (name == "custom" ? GitHubModelsTier.custom : nil) {
            input = min(input, most.input)
            output = min(output, most.output)
        }
        return ModelInfo(
            id: id, name: (entry["name"]?.stringValue ?? id).beginning(bytes: 200), inputLimit: max(256, input),
            outputLimit: max(16, output), version: entry["version"]?.stringValue,
            vendor: entry["publisher"]?.stringValue,
            isPreview: entry["tags"]?.arrayValue?.contains { $0.stringValue == "preview" } ?? false, note: tier?.note,
            supportsTools: entry["capabilities"]?.arrayValue?.contains { $0.stringValue == "tool-calling" },
            images: self.seesImages(entry) ? ImageLimits() : nil)
    }

    private static func seesImages(_ entry: JSON) -> Bool {
        entry["supported_input_modalities"]?.arrayValue?.contains { $0.stringValue == "image" } ?? false
    }

    private static func writesText(_ entry: JSON) -> Bool {
        guard let kinds = entry["supported_output_modalities"]?.arrayValue, !kinds.isEmpty else { return true }
        return kinds.contains { $0.stringValue == "text" }
    }
}

/// The limits of the API's free tiers, as GitHub documented them.
enum GitHubModelsTier: String, Sendable, CaseIterable {
    case low, high, embeddings

    private var requests: (perMinute: Int, perDay: Int) {
        switch self {
        case .low: (15, 150)
        case .high: (10, 50)
        case .embeddings: (15, 150)
        }
    }

    /// Tokens per request, of the prompt and of the answer.
    var tokens: (input: Int, output: Int) {
        switch self {
        case .low, .high: (8000, 4000)
        case .embeddings: (64_000, 0)
        }
    }

    /// `tier low: 15 requests per minute, 150 per day`.
    var note: String {
        "tier \(self.rawValue): \(self.requests.perMinute) requests per minute, \(self.requests.perDay) per day"
    }

    /// For tiers with model-specific limits: those of the reasoning models.
    static let custom = (input: 4000, output: 4000)
}
