/// What models are given of people's files.
package struct ReadingSettings: Sendable, Equatable {
    /// The longest side of an image, in pixels; larger ones are scaled down.
    package var images: Int
    /// The most characters of one document.
    package var documents: Int

    package init(images: Int = 1_568, documents: Int = 100_000) {
        self.images = images
        self.documents = documents
    }
}
