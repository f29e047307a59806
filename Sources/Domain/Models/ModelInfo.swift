/// A model that can be chosen.
package struct ModelInfo: Sendable, Equatable {
    /// How many entries of a provider's list are read: the longest have some five hundred.
    package static let mostListed = 1_000

    package private(set) var id: String
    package private(set) var name: String
    /// The provider in the configuration; nil where it has only one.
    package private(set) var provider: String?
    /// The maximum tokens in a prompt.
    package var inputLimit: Int
    /// The maximum tokens in an answer.
    package var outputLimit: Int
    /// The vocabulary for counting its tokens, such as `o200k_base`, if the provider gives one.
    package var tokenizer: String?
    /// The release of the model behind the id.
    package var version: String?
    package var vendor: String?
    /// What a request costs in the provider's own unit: 0 is included, 1 counts once. Nil where unknown.
    package var multiplier: Double?
    package var isPreview: Bool
    /// Whether the provider itself uses it by default.
    package var isProviderDefault: Bool
    /// The paths that serve it; empty means chat completions.
    package var supportedEndpoints: [String]
    /// A clause about limits that the numbers do not cover.
    package var note: String?
    /// Whether it calls tools; nil where unknown.
    package var supportsTools: Bool?
    /// Whether a request may ask for several calls in one answer.
    package var supportsParallelCalls: Bool
    /// The images that it takes; nil when it takes none, or nobody knows.
    package var images: ImageLimits?

    private static let mostTokens = 100_000_000

    package init(
        id: String, name: String, inputLimit: Int, outputLimit: Int, tokenizer: String? = nil, version: String? = nil,
        vendor: String? = nil, multiplier: Double? = nil, isPreview: Bool = false, isProviderDefault: Bool = false,
        supportedEndpoints: [String] = [], note: String? = nil, supportsTools: Bool? = nil,
        supportsParallelCalls: Bool = false, images: ImageLimits? = nil
    ) {
        self.id = id
        self.name = name
        // Providers' numbers are not trusted: what is computed from them must not overflow.
        self.inputLimit = min(inputLimit, Self.mostTokens)
        self.outputLimit = min(outputLimit, Self.mostTokens)
        self.tokenizer = tokenizer
        self.version = version
        self.vendor = vendor
        self.multiplier = multiplier
        self.isPreview = isPreview
        self.isProviderDefault = isProviderDefault
        self.supportedEndpoints = supportedEndpoints
        self.note = note
        self.supportsTools = supportsTools
        self.supportsParallelCalls = supportsParallelCalls
        self.images = images
    }

    /// The model as one of several providers' models.
    func served(by provider: String, as id: String) -> ModelInfo {
        var model = self
        if model.name == model.id { model.name = id }
        (model.id, model.provider) = (id, provider)
        return model
    }

    /// `1×`, `0.33×`.
    package var multiplierText: String? {
        self.multiplier.map { ($0 == $0.rounded() ? "\(Int64($0))" : "\($0)") + "×" }
    }

    /// A short description that helps people choose: `gpt-5 mini, 128000 tokens in, 64000 out, o200k_base, 0.25×,
    /// preview, images`.
    package var detail: String {
        var parts: [String] = []
        if self.name != self.id { parts.append(self.name) }
        parts.append("\(self.inputLimit) tokens in, \(self.outputLimit) out")
        parts += [self.tokenizer, self.multiplierText].compactMap { $0 }
        if self.isPreview { parts.append("preview") }
        if self.images != nil { parts.append("images") }
        if let note = self.note { parts.append(note) }
        return parts.joined(separator: ", ")
    }
}
