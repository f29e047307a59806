package import Chat
internal import Crypto

/// An image in a message to a model.
package struct ModelImage: Sendable, Equatable {
    package let name: String
    package let mediaType: String
    /// In pixels; nil where unknown.
    package let width: Int?
    package let height: Int?
    /// SHA-256 of the bytes, hexadecimal.
    package let digest: String
    /// The image itself: `data:image/png;base64,…`.
    package let dataURL: String
    /// What it costs, in tokens of ``TokenEstimator``.
    package let tokens: Int

    package init(_ image: SentImage, bytes: [UInt8]) {
        self.name = image.name
        self.mediaType = image.mediaType
        self.width = image.width
        self.height = image.height
        self.digest = hex(sha256(bytes))
        self.dataURL = "data:\(image.mediaType);base64,\(base64(bytes))"
        self.tokens = image.tokens
    }

    /// Stands in its place where it is not sent.
    package var note: String { SentImage.note(name: self.name, width: self.width, height: self.height) }

    package static func == (first: Self, second: Self) -> Bool {
        first.digest == second.digest && first.name == second.name && first.mediaType == second.mediaType
    }
}

extension SentImage {
    /// Stands in the image's place where the model does not get it.
    package var note: String { Self.note(name: self.name, width: self.width, height: self.height) }

    fileprivate static func note(name: String, width: Int?, height: Int?) -> String {
        let size = width.flatMap { width in height.map { ", \(width)×\($0)" } } ?? ""
        return "[image \(name)\(size), not shown to this model]"
    }

    /// What the image costs as part of a prompt, in tokens of ``TokenEstimator``: the larger result of two published
    /// rules. OpenAI: 85, and 170 for each 512-pixel tile after fitting it into 2,048 pixels and the short side into 768.
    /// Anthropic: area / 750 after fitting it into 1,568 pixels.
    package var tokens: Int {
        guard let width = self.width, let height = self.height, width > 0, height > 0 else { return Self.mostTokens }
        let fitted = Self.fitted(Double(width), Double(height), longest: 2_048)
        let tiled = Self.scaled(fitted, by: min(1, 768 / min(fitted.width, fitted.height)))
        let tiles = Int((tiled.width / 512).rounded(.up)) * Int((tiled.height / 512).rounded(.up))
        let small = Self.fitted(Double(width), Double(height), longest: 1_568)
        let area = Int((small.width * small.height / 750).rounded(.up))
        return min(Self.mostTokens, max(85 + 170 * tiles, area))
    }

    /// What no image exceeds by much, and the value for images of unknown size.
    private static let mostTokens = 1_600

    private static func fitted(
        _ width: Double, _ height: Double, longest: Double
    ) -> (width: Double, height: Double) {
        self.scaled((width, height), by: min(1, longest / max(width, height)))
    }

    private static func scaled(
        _ size: (width: Double, height: Double), by factor: Double
    ) -> (width: Double, height: Double) {
        (max(1, size.width * factor), max(1, size.height * factor))
    }
}
