import Chat
import HTTP
import JSON
import Primitives
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix sign-in")
struct MatrixSignInTests {
    @Test("the account of a token is checked before the first sync")
    func token() {
        let transcript = MatrixTranscript()
        transcript.signIn()
        expectEqual(
            transcript.asked(),
            [
                "versions", "whoAmI", "displayName", "mediaLimit", "sync(since: nil)",
            ])
        expectEqual(transcript.statuses(), ["connecting "])
        transcript.sync(next: "s1")
        expectEqual(transcript.statuses(), ["up "])
        expectEqual(transcript.machine.memory.since, "s1")
        expectEqual(transcript.asked(), ["sync(since: Optional(\"s1\"))"])
    }

    @Test("a password login uses the configured device, and the token is saved")
    func password() {
        let transcript = MatrixTranscript(.password(Secret("pw")))
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        transcript.answer(.loginFlows, ["flows": [["type": "m.login.password"]]])
        let login = transcript.requests().last
        expectEqual(login?.body?["device_id"], "JETBRIDGE")
        expectEqual(login?.isAuthorised, false)
        transcript.answer(
            .login, ["access_token": "new", "user_id": .string(MatrixTranscript.me), "device_id": "JETBRIDGE"])
        expectEqual(transcript.machine.token, Secret("new"))
        expectEqual(transcript.remembered().last?.device?.token, Secret("new"))
        // The next run reuses it.
        let next = MatrixTranscript(.password(Secret("pw")), memory: transcript.machine.memory)
        next.handle(.begin)
        next.answer(.versions, ["versions": []])
        expectEqual(next.asked(), ["versions", "whoAmI"])
    }

    @Test("after a logout the bot signs in again and keeps its sync position", arguments: [true, false])
    func logout(isSoft: Bool) {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.device = .init(id: "OTHER", token: Secret("old"))
        memory.since = "s7"
        let transcript = MatrixTranscript(.password(Secret("pw")), memory: memory)
        transcript.signIn()
        transcript.actions = []
        transcript.refuse(.sync(since: "s7"), 401, "M_UNKNOWN_TOKEN", isSoft: isSoft)
        expectEqual(transcript.machine.token, nil)
        expectEqual(transcript.waits().count, 1)
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        expectEqual(transcript.asked(), ["versions", "loginFlows"])
        expectEqual(transcript.machine.memory.since, "s7")
        expectEqual(transcript.logs().contains { $0.contains("device OTHER was signed out") }, !isSoft)
    }

    @Test(
        "a failure that only an owner can fix is logged once and retried every ten minutes",
        arguments: [
            ("M_UNKNOWN_TOKEN", 401, "access_token"), ("M_USER_DEACTIVATED", 403, "closed"),
        ])
    func refused(code: String, status: Int, word: String) {
        let transcript = MatrixTranscript()
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        transcript.refuse(.whoAmI, status, code)
        let statuses = transcript.statuses()
        expectEqual(statuses.last?.hasPrefix("refused"), true)
        expectEqual(statuses.last?.contains(word), true)
        expectEqual(transcript.waits(), [600_000...660_000])
        expectEqual(transcript.logs().count, 1)
        // The next attempt logs nothing and does not report `connecting`.
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        transcript.refuse(.whoAmI, status, code)
        #expect(transcript.logs().isEmpty)
        #expect(transcript.statuses().allSatisfy { $0.hasPrefix("refused") })
    }

    @Test("a token that worked before is retried soon, once, and then every ten minutes")
    func doubted() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.refuse(.sync(since: transcript.machine.memory.since), 401, "M_UNKNOWN_TOKEN")
        expectEqual(transcript.statuses().last?.hasPrefix("refused"), true)
        expectEqual(transcript.waits(), [10_000...15_000])
        expectEqual(transcript.logs().count, 1)
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        transcript.refuse(.whoAmI, 401, "M_UNKNOWN_TOKEN")
        expectEqual(transcript.waits(), [600_000...660_000])
        #expect(transcript.logs().isEmpty)
    }

    @Test("a token of another account is refused, and the status names that account")
    func mismatch() {
        let transcript = MatrixTranscript()
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        transcript.answer(.whoAmI, ["user_id": "@other:hs"])
        expectEqual(transcript.statuses().last?.contains("@other:hs"), true)
    }

    @Test("a web page is distinguished from a homeserver that is down")
    func wrongServer() {
        for (status, isRefused) in [(200, true), (404, true), (301, true), (502, false), (503, false), (429, false)] {
            let transcript = MatrixTranscript()
            transcript.handle(.begin)
            transcript.refuse(.versions, status)
            if isRefused { transcript.refuse(.wellKnown, 404) }
            let last = transcript.statuses().last ?? ""
            #expect(last.hasPrefix(isRefused ? "refused" : "down"), "\(status): \(last)")
            #expect(last.contains("hs.example"))
        }
    }

    @Test("a wrong password and a server without password login are reported")
    func passwordRefused() {
        let transcript = MatrixTranscript(.password(Secret("pw")))
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        transcript.answer(.loginFlows, ["flows": [["type": "m.login.sso"]]])
        expectEqual(transcript.statuses().last?.contains("no login by password"), true)
        transcript.refuse(.login, 403, "M_FORBIDDEN")
        expectEqual(transcript.statuses().last?.contains("refuses the password"), true)
        transcript.refuse(.login, 429, "M_LIMIT_EXCEEDED", retryAfter: 90_000)
        expectEqual(transcript.waits().last, 90_000...90_000)
    }

    @Test("absurd lifetimes, limits and waits of a server are bounded", arguments: ExtremeNumbers.all)
    func absurdNumbers(_ number: Int64) {
        let transcript = MatrixTranscript(.password(Secret("pw")))
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": ["v1.11"]])
        transcript.answer(.loginFlows, ["flows": [["type": "m.login.password"]]])
        transcript.answer(
            .login,
            [
                "user_id": .string(MatrixTranscript.me), "device_id": "D", "access_token": "t", "refresh_token": "r",
                "expires_in_ms": .integer(number),
            ])
        transcript.answer(.displayName, ["displayname": "Jetbridge"])
        transcript.answer(.mediaLimit, ["m.upload.size": .integer(number)])
        transcript.sync([
            MatrixTranscript.room: [
                "summary": ["m.joined_member_count": .integer(number)],
                "timeline": [
                    "events": [
                        [
                            "type": "m.room.message", "sender": "@alice:hs", "event_id": "$1",
                            "origin_server_ts": .integer(number),
                            "content": ["msgtype": "m.text", "body": "Jetbridge: hello"],
                        ]
                    ]
                ],
            ]
        ])
        let due = transcript.machine.memory.device?.expiresAt
        #expect(due ?? 0 <= 1 << 53)
        let refusal = MatrixRefusal(status: 429, body: ["retry_after_ms": .integer(number)], header: "\(number)")
        #expect((0...86_400_000).contains(refusal.retryAfter ?? 0))
    }

    @Test("the delay grows with each failure, up to a minute")
    func backoff() {
        let transcript = MatrixTranscript()
        transcript.start()
        var tops: [Int64] = []
        for _ in 0..<9 {
            transcript.handle(.answer(.sync(since: "s"), .failed("gone", mayHaveArrived: true)))
            tops += transcript.waits().map(\.upperBound)
        }
        expectEqual(tops, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
        transcript.handle(.begin)
        // Missed events are requested without waiting.
        expectEqual(transcript.requests().last?.query["timeout"], "0")
    }

    @Test("the memory can be saved and loaded, but not by another account")
    func memory() {
        var memory = MatrixMemory(account: "@bot:hs https://hs.example")
        memory.device = .init(id: "D", token: Secret("t"), refresh: Secret("r"), expiresAt: 5)
        memory.since = "s1"
        memory.encrypted = ["!e:hs"]
        memory.direct = ["!d:hs"]
        memory.invitations = ["!i:hs": MatrixMemory.Invitation(inviter: "@a:hs", isDirect: true, isEncrypted: false)]
        memory.invitations["!i:hs"]?.isAccepted = true
        memory.upgrades = ["!old:hs": "!new"]
        memory.followed = ["!new"]
        memory.pace = MatrixPace(interval: 5_000, burst: 10)
        memory.isWide = true
        memory.tokensEnd = true
        var room = MatrixRoom()
        room.inviter = "@alice:hs"
        room.isDirect = true
        room.joined = 2
        room.last = "$1"
        room.isUsed = true
        memory.rooms = ["!d:hs": room]
        expectEqual(MatrixMemory(bytes: memory.bytes, account: memory.account), memory)
        expectEqual(MatrixMemory(bytes: memory.bytes, account: "@other:hs https://hs.example"), nil)
        expectEqual(MatrixMemory(bytes: Array("{".utf8), account: memory.account), nil)
    }
}
