/// What can be chosen with `model`.
package struct ModelChoice: Sendable, Equatable {
    package let id: String
    /// What people choose by, in half a line.
    package let detail: String
    package var name: String
    /// The most tokens of a prompt and of an answer; zero where that is not known.
    package var inputLimit: Int
    package var outputLimit: Int
    package var tokenizer: String?
    package var version: String?
    package var vendor: String?
    /// What a request costs in the provider's own unit.
    package var multiplier: Double?
    package var isPreview: Bool

    package init(
        id: String, detail: String, name: String? = nil, inputLimit: Int = 0, outputLimit: Int = 0,
        tokenizer: String? = nil, version: String? = nil, vendor: String? = nil, multiplier: Double? = nil,
        isPreview: Bool = false
    ) {
        self.id = id
        self.detail = detail
        self.name = name ?? id
        self.inputLimit = inputLimit
        self.outputLimit = outputLimit
        self.tokenizer = tokenizer
        self.version = version
        self.vendor = vendor
        self.multiplier = multiplier
        self.isPreview = isPreview
    }
}
