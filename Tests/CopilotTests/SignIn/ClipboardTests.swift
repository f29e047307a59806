import Copilot
import Lifecycle
import TestSupport
import Testing

@Suite("Sign-in: the clipboard", .timeLimit(.minutes(1)))
struct ClipboardTests {
    private let folder: TemporaryDirectory

    init() throws { self.folder = try TemporaryDirectory() }

    private func install(_ name: String, _ script: String = #"cat > "$HOME/copied""#) throws {
        let path = "\(self.folder.path)/\(name)"
        try PrivateFile.write(Array("#!/bin/sh\n\(script)\n".utf8), to: path)
        #expect(setMode(path, 0o755))
    }

    private func environment(_ more: [String: String]) -> [String: String] {
        ["HOME": self.folder.path, "PATH": "\(self.folder.path):/usr/bin:/bin"].merging(more) { $1 }
    }

    @Test(
        "the desktop's own program copies the text",
        arguments: [("wl-copy", "WAYLAND_DISPLAY"), ("xclip", "DISPLAY"), ("xsel", "DISPLAY")])
    func copies(_ name: String, display: String) async throws {
        try self.install(name)
        await expectEqual(Clipboard.copy("ABCD-1234", environment: self.environment([display: ":0"])), name)
        // The program continues in the background.
        var text: String?
        for _ in 0..<500 where text != "ABCD-1234" {
            try await Task.sleep(for: .milliseconds(5))
            text = PrivateFile.text(of: "\(self.folder.path)/copied")
        }
        expectEqual(text, "ABCD-1234")
    }

    @Test("without a display, or without a program, nothing is copied")
    func absent() async throws {
        await expectEqual(Clipboard.copy("x", environment: self.environment(["DISPLAY": ":0"])), nil)
        try self.install("wl-copy")
        await expectEqual(Clipboard.copy("x", environment: self.environment(["DISPLAY": ":0"])), nil)
    }
}
