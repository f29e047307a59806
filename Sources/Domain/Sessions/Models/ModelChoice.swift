/// A model that `model` can choose.
package struct ModelChoice: Sendable, Equatable {
    package let id: String
    /// A short description that helps people choose.
    package let detail: String
    package var name: String
    /// The maximum tokens in a prompt and in an answer; 0 where unknown.
    package var inputLimit: Int
    package var outputLimit: Int
    package var tokenizer: String?
    package var version: String?
    package var vendor: String?
    /// The cost of a request in the provider's unit.
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
