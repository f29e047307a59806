package import Chat

/// Chooses which images of a conversation a model gets: the newest, within its limits. All others become notes. Pure.
package struct ImageChoice: Sendable {
    /// The maximum bytes of a request's images together, whatever the model takes: what bodies of requests may have.
    static let totalSize = 8 << 20

    private let limits: ImageLimits?
    private var count = 0
    private var size = 0
    /// In tokens.
    private var room: Int
    /// Images that could not be read.
    private let missing: Set<SentImage>

    private init(_ limits: ImageLimits?, room: Int, without missing: Set<SentImage>) {
        self.limits = limits
        self.room = room
        self.missing = missing
    }

    /// The request with only the images that the model gets, and notes for the others in the texts that they came with.
    ///
    /// - Parameters:
    ///   - limits: of the model; nil when it takes no images.
    ///   - room: the tokens that images may take.
    ///   - missing: images that cannot be sent.
    package static func applied(
        to request: TurnRequest, limits: ImageLimits?, room: Int, without missing: Set<SentImage> = []
    ) -> TurnRequest {
        var choice = ImageChoice(limits, room: room, without: missing)
        let (text, images) = choice.take(request.images, of: request.text)
        var history = request.history
        for index in history.indices.reversed() where !history[index].images.isEmpty {
            let entry = history[index]
            let (text, images) = choice.take(entry.images, of: entry.text)
            history[index] = entry.with(text: text, images: images)
        }
        return request.with(text: text, images: images, history: history)
    }

    private mutating func take(_ images: [SentImage], of text: String) -> (String, [SentImage]) {
        var taken: [SentImage] = []
        var notes: [String] = []
        for image in images {
            if self.takes(image) { taken.append(image) } else { notes.append(image.note) }
        }
        return (([text] + notes).filter { !$0.isEmpty }.joined(separator: "\n\n"), taken)
    }

    private mutating func takes(_ image: SentImage) -> Bool {
        guard let limits = self.limits, limits.mediaTypes.contains(image.mediaType), image.size <= limits.size,
            self.count < limits.count, self.size + image.size <= Self.totalSize, image.tokens <= self.room,
            max(image.width ?? 0, image.height ?? 0) <= ImageLimits.longestSide, !self.missing.contains(image)
        else { return false }
        self.count += 1
        self.size += image.size
        self.room -= image.tokens
        return true
    }
}
