import Chat
import Models
import TestSupport
import Testing

@Suite("The choice of images for a prompt")
struct ImageChoiceTests {
    private static func image(_ name: String, type: String = "image/png", size: Int = 1_000) -> SentImage {
        SentImage(file: name, name: name, mediaType: type, size: size, width: 640, height: 480)
    }

    private static func request(_ images: [SentImage], earlier: [[SentImage]] = []) -> TurnRequest {
        let history = earlier.enumerated().map { number, images in
            HistoryEntry(id: Int64(number * 2), role: .user, author: "alice", text: "q\(number)", images: images)
        }
        return Requests.turn("now", images: images, history: history)
    }

    private static let note = "[image a, 640×480, not shown to this model]"

    @Test("a model that takes none gets notes, below the texts that the images came with")
    func blind() {
        let request = Self.request([Self.image("a")], earlier: [[Self.image("b")], []])
        let chosen = ImageChoice.applied(to: request, limits: nil, room: 100_000)
        #expect(chosen.text == "now\n\n" + Self.note && chosen.images.isEmpty)
        expectEqual(chosen.history.map(\.text), ["q0\n\n[image b, 640×480, not shown to this model]", "q1"])
        #expect(chosen.history.allSatisfy { $0.images.isEmpty })
    }

    @Test("the newest are sent, older ones become notes")
    func newest() {
        let request = Self.request(
            [Self.image("d")], earlier: [[Self.image("a")], [Self.image("b"), Self.image("c")]])
        let chosen = ImageChoice.applied(to: request, limits: ImageLimits(count: 2), room: 100_000)
        #expect(chosen.images.map(\.name) == ["d"] && chosen.text == "now")
        expectEqual(chosen.history.map { $0.images.map(\.name) }, [[], ["b"]])
        expectEqual(
            chosen.history.map(\.text), ["q0\n\n" + Self.note, "q1\n\n[image c, 640×480, not shown to this model]"])
    }

    struct Limit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var image = ImageChoiceTests.image("a")
        var limits = ImageLimits()
        var room = 100_000
        var isMissing = false
    }

    @Test(
        "one that does not fit becomes a note",
        arguments: [
            Limit(testDescription: "size", limits: ImageLimits(size: 999)),
            Limit(
                testDescription: "type", image: ImageChoiceTests.image("a", type: "image/webp"),
                limits: ImageLimits(mediaTypes: [])),
            Limit(testDescription: "tokens", room: 84),
            Limit(testDescription: "no longer kept", isMissing: true),
        ])
    func limit(_ limit: Limit) {
        let chosen = ImageChoice.applied(
            to: Self.request([limit.image]), limits: limit.limits, room: limit.room,
            without: limit.isMissing ? [limit.image] : [])
        #expect(chosen.images.isEmpty && chosen.text == "now\n\n" + Self.note)
    }

    @Test("an image of impossible size is only named, however small its file is", arguments: [(40_000, 1), (1, 8_001)])
    func absurd(width: Int, height: Int) {
        let image = SentImage(file: "a", name: "a", mediaType: "image/png", size: 1, width: width, height: height)
        let chosen = ImageChoice.applied(to: Self.request([image]), limits: ImageLimits(), room: 100_000)
        #expect(chosen.images.isEmpty && chosen.text == "now\n\n[image a, \(width)×\(height), not shown to this model]")
    }

    @Test("all images of a request together are limited, too")
    func total() {
        let images = (1...4).map { Self.image("\($0)", size: 3 << 20) }
        let chosen = ImageChoice.applied(to: Self.request(images), limits: ImageLimits(), room: 100_000)
        expectEqual(chosen.images.map(\.name), ["1", "2"])
    }

    @Test(
        "an image costs what its size says",
        arguments: [
            (1, 1, 255), (512, 512, 350), (640, 480, 425), (1024, 1024, 1399), (2048, 4096, 1600), (4000, 30, 765),
        ])
    func tokens(width: Int, height: Int, tokens: Int) {
        let image = SentImage(file: "a", name: "a", mediaType: "image/png", size: 1, width: width, height: height)
        expectEqual(image.tokens, tokens)
        let unknown = SentImage(file: "a", name: "a", mediaType: "image/png", size: 1)
        #expect(unknown.tokens == 1_600 && unknown.note == "[image a, not shown to this model]")
    }

    @Test(
        "families whose makers publish that they take images",
        arguments: [
            ("gpt-4.1", true), ("openai/gpt-4o-mini", true), ("o3", true), ("o3-mini", false), ("gpt-3.5-turbo", false),
            ("claude-sonnet-4.5", true), ("qwen2-vl-7b", true), ("llama-3.2-11b-vision", true),
            ("deepseek-chat", false),
            ("mistral-small", false), ("unknown", false),
        ])
    func families(id: String, takes: Bool) { expectEqual(ModelLimits.takesImages(id), takes) }
}
