import Models
import TestSupport
import Testing

@Suite("Estimating tokens")
struct TokenEstimatorTests {
    @Test("empty text has no tokens")
    func empty() {
        expectEqual(TokenEstimator.weight(of: ""), 0)
        expectEqual(TokenEstimator.tokens(in: ""), 0)
        expectEqual(TokenEstimator.tokens(in: [ModelMessage]()), TokenEstimator.perRequest)
    }

    /// The real o200k counts of each sample (`scripts/measure-tokens` measures many more).
    @Test(
        "the error is within the prompt's reserve, and mostly on the safe side",
        arguments: [
            (Samples.english, 70), (Samples.german, 42), (Samples.russian, 35), (Samples.chinese, 26),
            (Samples.japanese, 36), (Samples.korean, 31), (Samples.swift, 79), (Samples.json, 52), (Samples.base64, 52),
        ])
    func truth(text: String, count: Int) {
        let ratio = TokenEstimator.weight(of: text) / Double(count)
        // A prompt also keeps a tenth of the limit free.
        #expect(ratio * TokenEstimator.safety >= 0.9 && ratio <= 1.5, "\(ratio)")
    }

    @Test("parts of camel case count separately", arguments: [("server", "httpServer"), ("HTTP", "HTTPServer")])
    func camelCase(single: String, compound: String) {
        #expect(TokenEstimator.weight(of: compound) > TokenEstimator.weight(of: single) + 0.5)
    }

    @Test("a run that looks like a secret is not a word")
    func blob() {
        let blob = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW"
        #expect(abs(TokenEstimator.weight(of: blob) - 0.66 * 32) < 0.01)
        #expect(TokenEstimator.weight(of: String(repeating: "understanding", count: 3)) < 16)
    }

    @Test("every Unicode scalar can be scanned, and more text never has fewer tokens")
    func everything() {
        var last = 0.0
        var text = ""
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 331) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            text.unicodeScalars.append(scalar)
        }
        for length in stride(from: 0, through: text.unicodeScalars.count, by: 97) {
            let prefix = String(String.UnicodeScalarView(text.unicodeScalars.prefix(length)))
            let weight = TokenEstimator.weight(of: prefix)
            #expect(weight >= last)
            last = weight
        }
    }

    @Test("calibration moves half-way to the endpoint's count, within bounds")
    func calibration() {
        let calibration = TokenCalibration()
        expectEqual(calibration.factor(for: "m"), 1)
        calibration.learn(model: "m", estimate: 100, actual: 80)
        #expect(abs(calibration.factor(for: "m") - 0.9) < 1e-9)
        calibration.learn(model: "m", estimate: 100, actual: 1000)
        #expect(abs(calibration.factor(for: "m") - 1.45) < 1e-9)
        calibration.learn(model: "m", estimate: 10, actual: 1000)
        #expect(abs(calibration.factor(for: "m") - 1.45) < 1e-9)
        expectEqual(calibration.factor(for: "other"), 1)
        calibration.learn(model: "m", inputLimit: 8192)
        expectEqual(calibration.inputLimit(for: "m"), 8192)
        for number in 0..<1000 { calibration.learn(model: "m\(number)", inputLimit: number) }
        expectEqual(calibration.inputLimit(for: "m999"), 999)
    }
}

/// Texts of several kinds, written for this test.
enum Samples {
    static let english = """
        The host keeps a queue for every room, so that one slow channel never delays another. When the network says \
        that messages come too fast, only the room that was told so waits; the others go on as before. A message \
        that was cut by a restart is marked, and the person who asked can type one word to go on from there.
        """
    static let german = """
        Jede Nachricht wird erst gespeichert und dann bestätigt, damit bei einem Neustart nichts verloren geht. Wer in \
        einem Raum schreibt, sieht die Antwort wachsen; wo das Netz keine Änderungen erlaubt, kommen ganze Absätze.
        """
    static let russian = """
        Каждое сообщение сначала записывается на диск, и только потом сеть получает подтверждение. После \
        перезапуска ответ либо продолжается, либо закрывается одной строкой.
        """
    static let chinese = "每条消息都先写入磁盘，然后才向网络确认。重新启动之后，没有发送的回答会继续发送。"
    static let japanese = "メッセージは最初にディスクに書き込まれ、その後でネットワークに通知されます。再起動しても失われません。"
    static let korean = "모든 메시지는 먼저 디스크에 기록된 다음 네트워크에 확인됩니다. 다시 시작해도 아무것도 사라지지 않습니다."
    static let swift = """
        func deliver(_ event: InboundEvent) async throws -> Delivery {
            guard let key = self.inbox.key(of: event) else { return .ignored("no key") }
            return try await self.database.write { connection in
                try connection.execute("INSERT INTO inbox (adapter, event) VALUES (?, ?)", key.adapter, key.event)
                return .stored
            }
        }
        """
    static let json = """
        {"id": 42, "items": [{"name": "first", "count": 3, "ratio": 0.25}, {"name": "second", "count": 17}], \
        "next": null, "isWhole": true}
        """
    static let base64 = "SGVsbG8sIHdvcmxkISBUaGlzIGlzIGEgdGVzdCBvZiBiYXNlNjQgdGV4dC4gNDIgaXMgdGhlIGFuc3dlci4="
}
