internal import Primitives

/// A result as text for the model, and what of it can be kept as files. Foreign text: the caller marks it as data.
package struct ExtensionResultText: Sendable, Equatable {
    /// Bytes that a model cannot read.
    package struct File: Sendable, Equatable {
        /// Safe as the name of a file: no folders, visible characters.
        package let name: String
        /// What the server says; decide by the bytes.
        package let type: String
        package let bytes: [UInt8]
        /// Given as an image: a model that sees may be sent it, if its bytes are one.
        package let isImage: Bool
    }

    /// The longest image that is kept.
    package static let imageBytes = 4 << 20
    /// The most files of one result, and the most links that are shown.
    private static let fileLimit = 10
    private static let linkLimit = 50

    package let text: String
    package let files: [File]

    /// - Parameter cut: Keeps the beginning and the end of a long text, with a mark between them.
    package init(_ result: ExtensionResult, cut: (String) -> String) {
        var texts: [String] = []
        var notes: [String] = []
        var files: [File] = []
        var (links, lost) = (0, 0)
        for part in result.parts {
            switch part {
            case .text(let text): texts.append(text)
            case .image(let bytes, let type):
                let file = Self.image(bytes, type, number: files.count + 1)
                lost += Self.keep(file, most: Self.imageBytes, &files, &notes)
            case .data(let bytes, let type, let name):
                let file = File(name: Self.fileName(name, files.count + 1), type: type, bytes: bytes, isImage: false)
                lost += Self.keep(file, most: .max, &files, &notes)
            case .link(let uri, let name):
                links += 1
                if links <= Self.linkLimit { notes.append("[link, not opened: \(Self.words(name, uri))]") }
            }
        }
        if links > Self.linkLimit { notes.append("[\((links - Self.linkLimit).counted("more link")) left out]") }
        if lost > 0 { notes.append("[\(lost.counted("more file")) left out]") }
        let whole = VisibleText.of(cut(texts.joined(separator: "\n")), lineBreaks: .normalized)
        let lines = (whole.isEmpty ? [] : [whole]) + notes
        self.text = lines.isEmpty ? Self.nothing(result) : lines.joined(separator: "\n")
        self.files = files
    }

    private static func nothing(_ result: ExtensionResult) -> String {
        result.isError ? "The call failed, and the server does not say why." : "The call is done; its result is empty."
    }

    /// How many files are left out without a note: 0 or 1.
    private static func keep(_ file: File, most: Int, _ files: inout [File], _ notes: inout [String]) -> Int {
        guard files.count < self.fileLimit else { return 1 }
        let isKept = file.bytes.count <= most
        if isKept { files.append(file) }
        let kind = file.isImage ? "image" : "file"
        let type = VisibleText.line(file.type.beginning(bytes: 100))
        let size = FileSize.text(file.bytes.count)
        notes.append("[\(kind) \(file.name), \(type), \(size)\(isKept ? "" : ": too large, left out")]")
        return 0
    }

    private static func image(_ bytes: [UInt8], _ type: String, number: Int) -> File {
        let endings = ["image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"]
        return File(name: "image-\(number).\(endings[type] ?? "bin")", type: type, bytes: bytes, isImage: true)
    }

    private static func fileName(_ name: String, _ number: Int) -> String {
        let last = name.beginning(bytes: 4_096).split { $0 == "/" || $0 == "\\" }.last ?? ""
        let visible = VisibleText.strictLine(last.suffix(80).beginning).trimmingDots
        return visible.isEmpty ? "file-\(number)" : visible
    }

    private static func words(_ name: String, _ uri: String) -> String {
        let address = VisibleText.strictLine(uri.beginning(bytes: 1_000))
        let title = VisibleText.strictLine(name.beginning(bytes: 200))
        return title.isEmpty ? address : "\(title), \(address)"
    }
}

extension Substring {
    /// At most 200 bytes.
    fileprivate var beginning: String { String(self).beginning(bytes: 200) }
}

extension String {
    /// Without dots and spaces at the ends: a name is never hidden, nor `..`.
    fileprivate var trimmingDots: String {
        let isEdge = { (letter: Character) in letter == "." || letter == " " }
        let start = self.drop(while: isEdge)
        guard let end = start.lastIndex(where: { !isEdge($0) }) else { return "" }
        return String(start[...end])
    }
}
