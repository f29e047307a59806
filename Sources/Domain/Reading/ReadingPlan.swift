internal import Files

/// What has to be done with a file before a model can be given it. Pure.
enum ReadingPlan: Equatable {
    /// Nothing: it is shown already.
    case none
    /// A program has to convert it.
    ///
    /// - Parameter isOptional: It can be shown as it is, if nothing can convert it.
    case convert(ReadingProgram, isOptional: Bool)
    /// A text that is too long to be shown whole.
    case cut
    /// It cannot be shown; why, as a clause.
    case refuse(String)

    /// The most pixels of an image: a small file can claim billions, and whoever decodes it pays for all of them.
    static let pixels = 100_000_000
    /// The largest image that models take, in bytes and in pixels of its longest side.
    private static let (imageBytes, longestSide) = (4 << 20, 8_000)

    init(for file: ReceivedFile, _ settings: ReadingSettings) {
        switch file.type {
        case .png, .jpeg, .gif, .webp: self = Self.image(file, settings)
        case .heic, .avif, .tiff, .bitmap: self = .convert(.picture, isOptional: false)
        case .pdf: self = .convert(.pdf, isOptional: false)
        case .zip: self = .convert(.document, isOptional: false)
        case .rtf: self = .convert(.richText, isOptional: false)
        case .text, .html: self = file.text.isEmpty && file.size > 0 ? .cut : .none
        case .compound: self = .refuse(ReadingTexts.oldOffice)
        case .gzip, .ogg, .mp4, .binary: self = .refuse(ReadingTexts.unknown(file))
        }
    }

    private static func image(_ file: ReceivedFile, _ settings: ReadingSettings) -> ReadingPlan {
        guard let pixels = file.pixels else { return .convert(.picture, isOptional: false) }
        guard pixels.count <= Self.pixels else { return .refuse(ReadingTexts.tooManyPixels) }
        let longest = max(pixels.width, pixels.height)
        let fits = longest <= settings.images && file.size <= Self.imageBytes
        guard !fits || file.hasNotes else { return .none }
        return .convert(
            .picture,
            isOptional: longest <= Self.longestSide && file.size <= Self.imageBytes && !file.hasNotes)
    }
}
