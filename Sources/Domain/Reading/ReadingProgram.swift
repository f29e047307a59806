internal import Processes

/// The programs that convert files. They see the file and nothing else.
package enum ReadingProgram: String, Sendable, CaseIterable {
    case picture
    case pdf
    /// DOCX, ODT, PPTX, XLSX, EPUB and their like.
    case document
    case richText

    /// How a script says with its exit status what is wrong with the file.
    enum Status: Int {
        case damaged = 3
        case foreign = 4
        case locked = 5
        case tooLarge = 6
    }

    /// Debian's programs that it needs, each with its package. Others are essential in Debian.
    package var needs: [(program: String, package: String)] {
        switch self {
        case .picture: [("vipsthumbnail", "libvips-tools"), ("vipsheader", "libvips-tools")]
        case .pdf: [("pdftotext", "poppler-utils")]
        case .document: [("unzip", "unzip"), ("perl", "perl-base")]
        case .richText: [("perl", "perl-base")]
        }
    }

    /// The programs that this machine lacks; empty if it has all.
    package var missing: [(program: String, package: String)] {
        // A jail sees this folder of the host.
        self.needs.filter { Process.find($0.program, in: ["/usr/bin"]) == nil }
    }

    /// The name of its script, of those in ``ReadingFiles``.
    var script: String {
        switch self {
        case .picture: "picture.sh"
        case .pdf: "pdf.sh"
        case .document, .richText: "document.pl"
        }
    }

    func command(_ settings: ReadingSettings) -> String {
        let script = "\(ReadingJail.inside)/\(self.script)"
        return switch self {
        case .picture: "sh \(script) \(settings.images)"
        case .pdf: "sh \(script)"
        case .document: "perl \(script) zip \(ReadingJail.inside)/file 2>/dev/null"
        case .richText: "perl \(script) rtf \(ReadingJail.inside)/file 2>/dev/null"
        }
    }

    /// The most bytes of its output. What a document has beyond that is only counted as more.
    var outputLimit: Int { self == .picture ? 8 << 20 : 2 << 20 }
}
