internal import CMarkGFM
internal import Chat
internal import Delivery
internal import Glibc
internal import IRC

/// Renders a megabyte of Markdown as IRC lines, compared to cmark-gfm's HTML with the same extensions.
struct RenderBenchmark {
    private let size: Int
    private let rounds: Int

    init(_ arguments: BenchArguments) {
        self.size = arguments.number("bytes", default: 1 << 20)
        self.rounds = arguments.number("rounds", default: 15)
    }

    func run() throws {
        let text = Self.text(of: self.size)
        let composer = Composer(
            traits: RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false), renderer: IRCFormatting())
        var ours: [Double] = []
        var peer: [Double] = []
        var messages = 0
        var html = 0
        for _ in 0..<self.rounds {
            ours.append(Self.milliseconds { messages = composer.messages(for: text).count })
            peer.append(Self.milliseconds { html = Self.html(of: text) })
        }
        guard messages > 1_000, html > self.size else { throw BenchFailure("\(messages) lines, \(html) bytes of HTML") }
        BenchOutput.tell("\(text.utf8.count) bytes of Markdown: \(messages) lines, \(html) bytes of HTML")
        guard BenchRounds.areQuiet(("ours", ours), ("cmark-gfm", peer)) else { return }
        BenchOutput.result(
            "render", "1 MB of Markdown split for IRC", ours: BenchRounds.median(ours), peer: BenchRounds.median(peer),
            peerName: "cmark-gfm to HTML", unit: "ms")
    }

    private static func milliseconds(_ body: () -> Void) -> Double {
        let started = ContinuousClock.now
        body()
        return (ContinuousClock.now - started) / .milliseconds(1)
    }

    /// The length of the HTML that `cmark-gfm -e table -e strikethrough -e autolink -e tasklist` would write.
    private static func html(of text: String) -> Int {
        cmark_gfm_core_extensions_ensure_registered()
        guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { return 0 }
        defer { cmark_parser_free(parser) }
        for name in ["table", "strikethrough", "autolink", "tasklist"] {
            cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name))
        }
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
        }
        guard let document = cmark_parser_finish(parser) else { return 0 }
        defer { cmark_node_free(document) }
        guard
            let html = cmark_render_html(
                document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser))
        else { return 0 }
        defer { free(html) }
        return strlen(html)
    }

    /// Text like a model's: headings, prose with emphasis and links, lists, tables, code, quotes, other scripts.
    private static func text(of size: Int) -> String {
        var text = ""
        var section = 0
        while text.utf8.count < size {
            section += 1
            text += """
                ## Section \(section): how the store keeps what it promised

                A message is **stored before** the network is told that it has arrived; that is why a restart in the \
                *middle of an answer* loses nothing that anybody wrote. See [the design](https://example.org/design/\
                \(section)) for the reasons, or `docs/design.md` in the repository, where each step has its number. \
                Long paragraphs like this one are cut at a space, never inside a character, and what was bold goes on \
                being bold on the next line.

                1. The writer takes what waits, up to 1,024 writes.
                2. It commits them **together**, with ~~one fsync each~~ one `fsync` for all.
                   - A failed one is undone alone.
                   - The others don't notice.
                3. Then everybody is told.

                | word | letters | remark |
                |:-----|--------:|--------|
                | moon | 4 | *often* |
                | Füße | 4 | six bytes |
                | 日本語 | 3 | nine bytes |

                ```swift
                func greet(_ name: String) -> String {
                    // Said politely.
                    return "Hello, \\(name)! This is greeting number \(section)."
                }
                ```

                > Übung macht den Meister, sagt man; „Einmal ist keinmal“ sagt man auch.
                > Мы пишем на многих языках: 日本語も書けます。

                - [x] written down
                - [ ] thought about, at https://example.org/thoughts?page=\(section)

                ---

                """
        }
        return text
    }
}
