import Chat
import JSON
import TestSupport
import Testing

@testable import Telegram

@Suite("Times on Telegram")
struct TelegramTimeTests {
    @Test("a time is an entity, which apps show by their own clock; one in code is not")
    func entities() {
        let markup = TelegramMarkup("<b>é</b>𝄞 until 2023-11-14 22:18:20 UTC. <code>2023-11-14 22:18:20 UTC</code>")
        let time = markup.entities.filter { $0.type == "date_time" }
        expectEqual(
            time, [TelegramEntity(type: "date_time", offset: 10, length: 23, time: 1_700_000_300)])
        expectEqual(markup.entities.map(\.type), ["bold", "date_time", "code"])
        expectEqual(time.first?.json["unix_time"], 1_700_000_300)
        let units = Array(markup.text.utf16)[10..<33]
        expectEqual(String(decoding: units, as: UTF16.self), "2023-11-14 22:18:20 UTC")
        #expect(TelegramMarkup("2023-11-14 22:18 UTC, 2023-99-14 22:18:20 UTC").entities.isEmpty)
    }
}
