/// A model that can be chosen.
package struct ModelInfo: Sendable, Equatable {
    package let id: String
    package let name: String
    /// The most tokens a prompt may have.
    package var inputLimit: Int
    /// The most tokens an answer may have.
    package var outputLimit: Int
    /// The vocabulary that its tokens are counted by, such as `o200k_base`; nil where the provider tells none.
    package var tokenizer: String?
    /// Which release of the model the id stands for.
    package var version: String?
    /// Who makes it.
    package var vendor: String?
    /// What a request costs in the provider's own unit: 0 is included, 1 counts once. Nil where nothing is told.
    package var multiplier: Double?
    package var isPreview: Bool
    /// The provider's own choice where a person has made none.
    package var isProviderDefault: Bool
    /// The paths that serve it; empty where the provider tells none, which means chat completions.
    package var supportedEndpoints: [String]
    /// Half a sentence about its limits that none of the numbers holds.
    package var note: String?

    package init(
        id: String, name: String, inputLimit: Int, outputLimit: Int, tokenizer: String? = nil, version: String? = nil,
        vendor: String? = nil, multiplier: Double? = nil, isPreview: Bool = false, isProviderDefault: Bool = false,
        supportedEndpoints: [String] = [], note: String? = nil
    ) {
        self.id = id
        self.name = name
        self.inputLimit = inputLimit
        self.outputLimit = outputLimit
        self.tokenizer = tokenizer
        self.version = version
        self.vendor = vendor
        self.multiplier = multiplier
        self.isPreview = isPreview
        self.isProviderDefault = isProviderDefault
        self.supportedEndpoints = supportedEndpoints
        self.note = note
    }

    /// `1×`, `0.33×`; nil where nothing is told.
    package var multiplierText: String? {
        self.multiplier.map { ($0 == $0.rounded() ? "\(Int64($0))" : "\($0)") + "×" }
    }

    /// What people choose by, in half a line: `gpt-5 mini, 128000 tokens in, 64000 out, o200k_base, 0.25×, preview`.
    package var detail: String {
        var parts: [String] = []
        if self.name != self.id { parts.append(self.name) }
        parts.append("\(self.inputLimit) tokens in, \(self.outputLimit) out")
        parts += [self.tokenizer, self.multiplierText].compactMap { $0 }
        if self.isPreview { parts.append("preview") }
        if let note = self.note { parts.append(note) }
        return parts.joined(separator: ", ")
    }
}
