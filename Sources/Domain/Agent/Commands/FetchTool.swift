internal import Chat
internal import Models
internal import Primitives
internal import Web
internal import Work

/// `fetch`: a page or PDF as text. A program in the jail gets it, so that the jail's network decides what is reached.
struct FetchTool: Tool {
    let desk: any ToolDesk

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let address = try WebAddress(call.text("url"))
        guard self.desk.hasNetwork else {
            throw ToolFailure(
                "The jail has no network, so nothing can be fetched. Work with what is in the workspace, or say what you "
                    + "need. An owner can allow addresses by jail.network.")
        }
        return ToolIntent(
            call: call, subject: address.text, directory: self.desk.directory, title: "fetch \(address.text.titled())")
    }

    private struct Received {
        var body = OutputCut(limit: ToolLimits.fetchText)
        var errors = OutputCut(limit: 4_000)
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let address = try WebAddress(intent.subject)
        let received = Protected(Received())
        let report = try await self.desk.run(
            Self.command(address), of: intent.call.id, timeout: .seconds(ToolLimits.fetchTime + 5), approval: approval,
            reaching: address.place
        ) { piece in
            received.withLock { received in
                switch piece.stream {
                case .standardOutput: received.body.append(piece.text)
                case .standardError: received.errors.append(piece.text)
                }
            }
        }
        try Task.checkCancellation()
        let (body, errors) = received.withLock { ($0.body, $0.errors.text(advice: "")) }
        let lines = errors.split(separator: "\n").map(String.init)
        // What curl writes when it is done: status, type, final address.
        let last = lines.last { $0.hasPrefix("fetched ") }?.split(separator: " ").dropFirst().map(String.init) ?? []
        guard let status = last.first.flatMap({ Int($0) }), status > 0 else {
            let reason = lines.first { $0.hasPrefix("curl: ") } ?? report.ending.note ?? report.ending.line
            throw ToolFailure("\(address.text) could not be fetched: \(VisibleText.line(reason.titled(300)))")
        }
        let type = last.count > 2 ? last[1] : ""
        let source = last.count > 1 ? last[last.count - 1] : address.text
        if let reason = lines.first(where: { $0.hasPrefix("pdf: ") }) {
            throw ToolFailure("\(address.text) is a PDF that could not be read: \(reason.dropFirst(5)).")
        }
        let isPDF = lines.contains("is a pdf")
        guard isPDF || Self.isText(type), !body.text(advice: "").unicodeScalars.contains(where: { $0.value == 0 })
        else {
            throw ToolFailure("\(address.text) is \(type.titled()) of \(body.total) bytes, not text.")
        }
        let whole = body.text(advice: "")
        var notes = [String]()
        if let size = Self.size(in: lines), size > ToolLimits.fetchText, type.contains("html") || type.contains("xml") {
            notes.append("Only the first \(ToolLimits.fetchText) of \(size) bytes were read.")
        }
        var cut = OutputCut()
        if type.contains("html") {
            let page = PageText(whole, at: source, isWhole: intent.call.isSet("whole"))
            cut.append(page.text)
            if page.isMain { notes.append("This is the main text of the page; whole gives all of it.") }
            if page.isCut { notes.append("The page has more elements than are read.") }
        } else {
            cut.append(whole)
        }
        let text = cut.text(advice: "The rest can't be read by fetch; use shell for a part of it")
        let isGood = 200..<300 ~= status
        return ToolResult(
            isGood ? .done : .failed,
            text: (["Status \(status)", DataBlock.of(ShellTool.safe(text), from: source.titled(300))] + notes)
                .joined(separator: "\n"),
            summary: "\(intent.title), \(status)", hasChanges: report.changes?.isEmpty != true, isMarked: true)
    }

    /// What reads a PDF has a memory limit of its own: the jail's would end everything in the jail. 141: enough was read.
    ///
    /// The address has no character that means something to the shell inside of quotes.
    static func command(_ address: WebAddress) -> String {
        """
        f=$(mktemp) || exit; trap 'rm -f "$f"' EXIT
        set -o pipefail
        curl -q -gsSL --max-time \(ToolLimits.fetchTime) --max-redirs 5 --max-filesize \(ToolLimits.fetchBytes) \
        --proto =http,https --proto-redir =http,https \
        -w '%{stderr}fetched %{http_code} %{content_type} %{url_effective}\\n' -- '\(address.text)' \
        | head -c \(ToolLimits.fetchBytes) >"$f"
        s=$?
        if [ "$(head -c 5 "$f" | tr -d '\\0')" = %PDF- ]; then
        echo 'is a pdf' >&2
        command -v pdftotext >/dev/null || { echo 'pdf: the jail lacks pdftotext, which poppler-utils has' >&2; exit 1; }
        (ulimit -v \(ToolLimits.searchMemory >> 10) 2>/dev/null; exec timeout 20 pdftotext -q -enc UTF-8 -nopgbrk "$f" -) \
        | head -c \(ToolLimits.fetchText)
        case $? in
        0 | 141) ;;
        124) echo 'pdf: reading it took longer than 20 seconds' >&2 ;;
        *) echo 'pdf: it is damaged, or needs a password' >&2 ;;
        esac
        else
        echo "sized $(wc -c <"$f")" >&2
        head -c \(ToolLimits.fetchText) "$f"
        fi
        exit $s
        """
    }

    /// The bytes that came.
    private static func size(in lines: [String]) -> Int? {
        lines.last { $0.hasPrefix("sized ") }.flatMap { Int($0.dropFirst(6).trimming()) }
    }

    private static func isText(_ type: String) -> Bool {
        let type = type.lowercased()
        if type.isEmpty || type.hasPrefix("text/") { return true }
        return ["json", "xml", "javascript", "yaml", "toml", "x-sh", "graphql"].contains { type.contains($0) }
    }
}
