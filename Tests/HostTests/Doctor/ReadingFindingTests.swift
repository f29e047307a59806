import TestSupport
import Testing

@testable import Host

@Suite("What doctor says about people's files")
struct ReadingFindingTests {
    @Test("missing programs are a warning with the command that installs them")
    func missing() {
        expectEqual(ReadingFindings.finding([]).state, .ok)
        let finding = ReadingFindings.finding([
            ("vipsthumbnail", "libvips-tools"), ("vipsheader", "libvips-tools"), ("pdftotext", "poppler-utils"),
        ])
        expectEqual(finding.state, .warning)
        expectEqual(
            finding.detail,
            "some images and documents are not shown to models, because these programs are missing: "
                + "pdftotext vipsheader vipsthumbnail; run: apt install libvips-tools poppler-utils")
    }
}
