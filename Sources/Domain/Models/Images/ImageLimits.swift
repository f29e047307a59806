package import JSON

/// The images that a model takes.
package struct ImageLimits: Sendable, Equatable {
    /// The types that every model with images takes.
    package static let usualTypes: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]

    /// The longest side in pixels that models take, by Anthropic's documentation; a small file can claim any. Whoever
    /// decodes it would pay for all of it, with every later request of the conversation again.
    static let longestSide = 8_000

    /// The maximum in one request.
    package var count: Int
    /// The maximum size of one, in bytes.
    package var size: Int
    package var mediaTypes: Set<String>

    /// The defaults are for endpoints that report no limits.
    package init(count: Int = 8, size: Int = 4 << 20, mediaTypes: Set<String> = ImageLimits.usualTypes) {
        self.count = count
        self.size = size
        self.mediaTypes = mediaTypes
    }
}

extension ImageLimits {
    /// Reads the capabilities in a list of models of the Copilot API; nil when the model takes no images.
    package init?(capabilities: JSON?) {
        guard capabilities?["supports"]?["vision"]?.boolValue == true else { return nil }
        let limits = capabilities?["limits"]?["vision"]
        self.init()
        if let count = limits?["max_prompt_images"]?.intValue, count > 0 { self.count = min(count, self.count) }
        if let size = limits?["max_prompt_image_size"]?.intValue, size > 0 { self.size = min(size, 16 << 20) }
        if let types = limits?["supported_media_types"]?.arrayValue?.compactMap(\.stringValue), !types.isEmpty {
            self.mediaTypes = Set(types)
        }
    }
}
