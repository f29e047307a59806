import Extensions
import Testing

@Suite struct ExtensionResultTextTests {
    private static func text(_ parts: [ExtensionResult.Part], isError: Bool = false) -> ExtensionResultText {
        ExtensionResultText(ExtensionResult(parts, isError: isError)) { $0.count > 100 ? $0.prefix(10) + "[cut]" : $0 }
    }

    @Test func textsAreJoinedAndCutAsOne() {
        #expect(Self.text([.text("a\r\n"), .text("b")]).text == "a\n\nb")
        let long = String(repeating: "x", count: 60)
        #expect(
            Self.text([.text(long), .text(long), .link(uri: "file:///etc/passwd", name: "")]).text
                == "xxxxxxxxxx[cut]\n[link, not opened: file:///etc/passwd]")
    }

    @Test func hiddenCharactersAreShown() {
        let result = Self.text([.text("a\u{1B}[31m\u{202E}b"), .link(uri: "x:\u{200B}y", name: "a\nb")])
        #expect(result.text == "a␛[31m⟨U+202E⟩b\n[link, not opened: a␊b, x:<U+200B>y]")
    }

    @Test func bytesAreFilesAndNotes() {
        let result = Self.text([
            .text("Done."), .image([1, 2], type: "image/png"), .data([3], type: "audio/wav", name: "../../a b.wav"),
            .data([4], type: "x/\u{1B}", name: "..\\.."), .image([], type: "image/svg+xml"),
        ])
        #expect(
            result.text == """
                Done.
                [image image-1.png, image/png, 2 B]
                [file a b.wav, audio/wav, 1 B]
                [file file-3, x/␛, 1 B]
                [image image-4.bin, image/svg+xml, 0 B]
                """)
        #expect(result.files.map(\.name) == ["image-1.png", "a b.wav", "file-3", "image-4.bin"])
        #expect(result.files.map(\.bytes) == [[1, 2], [3], [4], []])
        #expect(result.files.map(\.isImage) == [true, false, false, true])
    }

    @Test func tooMuchIsLeftOutAndCounted() {
        let image = ExtensionResult.Part.image([UInt8](repeating: 0, count: (4 << 20) + 1), type: "image/png")
        let result = Self.text([image])
        #expect(result.text == "[image image-1.png, image/png, 4 MiB: too large, left out]")
        #expect(result.files.isEmpty)
        let many = Self.text(
            (0..<60).map { .link(uri: "x:\($0)", name: "") } + (0..<12).map { .data([$0], type: "a/b", name: "\($0)") })
        #expect(many.files.count == 10)
        #expect(many.text.hasSuffix("[10 more links left out]\n[2 more files left out]"))
    }

    @Test func anEmptyResultIsSaid() {
        #expect(Self.text([]).text == "The call is done; its result is empty.")
        #expect(Self.text([.text("")], isError: true).text == "The call failed, and the server does not say why.")
    }
}
