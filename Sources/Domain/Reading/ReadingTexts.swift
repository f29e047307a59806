internal import Files
internal import Jail
internal import Primitives

/// Why a file could not be read: clauses, for people and models.
enum ReadingTexts {
    static let tooManyPixels = "it has more than \(ReadingPlan.pixels / 1_000_000) million pixels"
    static let damaged = "it is damaged, or not what its beginning says"
    static let locked = "it is encrypted; send it without a password"
    static let noText = "it has no text; its pages may be pictures"
    static let noJail = "this host has no jail to open it in"
    static let oldOffice =
        "it is encrypted or of an Office before 2007; send it without a password, as DOCX, XLSX, PPTX or PDF"
    static let tooMuchMemory = "opening it takes more than \(FileSize.text(ReadingJail.limits.memory)) of memory"
    static let tooSlow = "opening it takes longer than \(ReadingJail.seconds) seconds"
    static let tooMuch = "what it contains is too large"
    static let archive = "archives are not unpacked"

    static func unknown(_ file: ReceivedFile) -> String { "files of its type (\(file.shownType)) cannot be shown" }

    static func missing(_ needs: [(program: String, package: String)]) -> String {
        let programs = needs.map { "`\($0.program)`" }.joined(separator: " and ")
        return "this host lacks \(programs) (Debian's \(needs.first?.package ?? ""))"
    }

    static func notOpened(_ reason: String) -> String { "it could not be opened: \(reason)" }

    /// Below a text that was cut.
    static func cut(_ shown: Int, of all: Int, isMore: Bool) -> String {
        "[… cut: \(shown) of \(isMore ? "more than " : "")\(all) characters]"
    }
}
