import HTTP
import JSON
import Kit
import Primitives
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix discovery and token renewal")
struct MatrixDiscoveryTests {
    private func transcript(named: Bool) throws -> MatrixTranscript {
        let transcript = MatrixTranscript()
        var settings = MatrixTranscript.settings()
        settings.homeserver = try HTTPURL("https://example.org")
        settings.isServerName = named
        transcript.machine = MatrixStateMachine(settings: settings, at: transcript.now)
        transcript.handle(.begin)
        return transcript
    }

    private func answer(_ base: String) -> JSON { ["m.homeserver": ["base_url": .string(base)]] }

    @Test("a server name is resolved to its API address")
    func named() throws {
        let transcript = try self.transcript(named: true)
        expectEqual(transcript.asked(), ["wellKnown"])
        transcript.answer(.wellKnown, self.answer("https://matrix.example.org/"))
        expectEqual(transcript.uses(), ["https://example.org/", "https://matrix.example.org/"])
        expectEqual(transcript.asked(), ["versions"])
        transcript.answer(.versions, ["versions": ["v1.11"]])
        expectEqual(transcript.asked(), ["whoAmI"])
    }

    @Test("a server name without a well-known file is the address itself; an invalid file is refused")
    func silent() throws {
        let silent = try self.transcript(named: true)
        silent.refuse(.wellKnown, 404)
        expectEqual(silent.uses().last, "https://example.org/")
        expectEqual(silent.asked().last, "versions")
        for invalid in [[:], self.answer("matrix.example.org"), ["m.homeserver": 5]] as [JSON] {
            let transcript = try self.transcript(named: true)
            transcript.answer(.wellKnown, invalid)
            expectEqual(transcript.statuses().last?.hasPrefix("refused"), true)
        }
        let away = try self.transcript(named: true)
        away.refuse(.wellKnown, 502)
        expectEqual(away.statuses().last?.hasPrefix("down"), true)
    }

    @Test("an API address of over 2,048 bytes is refused, and the reason says so")
    func longAddress() throws {
        let start = "https://example.org/"
        for (length, isUsed) in [(2_048, true), (2_049, false)] {
            let transcript = try self.transcript(named: true)
            let base = start + String(repeating: "a", count: length - start.utf8.count)
            transcript.answer(.wellKnown, self.answer(base))
            expectEqual(transcript.uses().last, isUsed ? base : start)
            guard !isUsed else { continue }
            let status = transcript.statuses().last ?? ""
            #expect(status.hasPrefix("refused") && status.contains("longer than 2048 bytes"), "\(status)")
        }
    }

    @Test("an address without a Matrix API is tried as a server name")
    func address() throws {
        for status in [404, 200] {
            let transcript = try self.transcript(named: false)
            expectEqual(transcript.asked(), ["versions"])
            transcript.refuse(.versions, status)
            expectEqual(transcript.asked(), ["wellKnown"])
            transcript.answer(.wellKnown, self.answer("https://matrix.example.org"))
            expectEqual(transcript.uses().last, "https://matrix.example.org/")
            expectEqual(transcript.asked(), ["versions"])
        }
        // The file points back to the address or is invalid: the first reason is reported.
        for base in ["https://example.org", "nowhere"] {
            let transcript = try self.transcript(named: false)
            transcript.refuse(.versions, 404)
            transcript.answer(.wellKnown, self.answer(base))
            expectEqual(transcript.statuses().last?.contains("HTTP 404"), true)
        }
        let wrong = try self.transcript(named: false)
        wrong.refuse(.versions, 404)
        wrong.answer(.wellKnown, self.answer("https://matrix.example.org"))
        wrong.refuse(.versions, 404)
        expectEqual(wrong.statuses().last?.contains("matrix.example.org"), true)
    }

    @Test("a redirect of the API is followed, but not to an unencrypted address")
    func redirect() throws {
        func redirected(to location: String) throws -> MatrixTranscript {
            let transcript = try self.transcript(named: false)
            transcript.handle(
                .answer(.versions, .refused(MatrixRefusal(status: 308, location: location))))
            return transcript
        }
        let followed = try redirected(to: "https://hs.example.org/sub/_matrix/client/versions")
        expectEqual(followed.uses().last, "https://hs.example.org/sub")
        for location in ["http://hs.example.org/_matrix/client/versions", "https://hs.example.org/welcome", "/"] {
            try expectEqual(redirected(to: location).asked().last, "wellKnown", "\(location)")
        }
    }

    // MARK: Expiring tokens

    private func signedIn(_ memory: MatrixMemory? = nil) -> MatrixTranscript {
        let transcript = MatrixTranscript(.password(Secret("pw")), memory: memory)
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        return transcript
    }

    @Test("after a login returns an expiring token, the next login asks for a refresh token")
    func ending() {
        let first = self.signedIn()
        first.answer(.loginFlows, ["flows": [["type": "m.login.password"]]])
        expectEqual(first.requests().last?.body?["refresh_token"], nil)
        first.answer(
            .login, ["access_token": "a", "user_id": .string(MatrixTranscript.me), "expires_in_ms": 300_000])
        #expect(first.machine.memory.tokensEnd)
        expectEqual(first.machine.memory.device?.refresh, nil)
        var memory = first.machine.memory
        memory.device = nil
        let next = self.signedIn(memory)
        next.answer(.loginFlows, ["flows": [["type": "m.login.password"]]])
        expectEqual(next.requests().last?.body?["refresh_token"], true)
    }

    @Test("a token is renewed before it expires and saved before it is used, without a status or log line")
    func renewed() throws {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.device = .init(id: "JETBRIDGE", token: Secret("a"))
        let transcript = self.signedIn(memory)
        var device = memory.device
        device?.refresh = Secret("r1")
        device?.expiresAt = transcript.now.wall + 40_000
        memory.device = device
        transcript.machine = MatrixStateMachine(
            settings: MatrixTranscript.settings(.password(Secret("pw"))), memory: memory, at: transcript.now)
        transcript.signIn()
        transcript.sync(next: "s1")
        expectEqual(transcript.asked().last, "sync(since: Optional(\"s1\"))")
        transcript.now.wall += 50_000
        transcript.now.monotonic += 50_000
        transcript.sync(next: "s2")
        let refresh = transcript.requests().last
        expectEqual(refresh?.purpose, .refresh)
        expectEqual(refresh?.body?["refresh_token"], "r1")
        expectEqual(refresh?.isAuthorised, false)
        _ = transcript.statuses()
        transcript.actions = []
        transcript.answer(.refresh, ["access_token": "b", "refresh_token": "r2", "expires_in_ms": 300_000])
        let first = transcript.actions.first
        let saved: MatrixMemory? = if case .remember(let memory, true) = first { memory } else { nil }
        let renewed = try #require(saved?.device)
        expectEqual(renewed.token, Secret("b"))
        expectEqual(renewed.refresh, Secret("r2"))
        expectEqual(renewed.expiresAt, transcript.now.wall + 240_000)
        expectEqual(transcript.asked(), ["sync(since: Optional(\"s2\"))"])
        #expect(transcript.statuses().isEmpty)
        #expect(transcript.logs().isEmpty)
    }

    @Test("a soft logout renews the token; if that is refused, the bot signs in with the password")
    func softLogout() {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.device = .init(id: "JETBRIDGE", token: Secret("a"), refresh: Secret("r1"))
        let transcript = self.signedIn(memory)
        transcript.refuse(.whoAmI, 401, "M_UNKNOWN_TOKEN", isSoft: true)
        expectEqual(transcript.asked().last, "refresh")
        transcript.answer(.refresh, ["access_token": "b"])
        expectEqual(transcript.machine.token, Secret("b"))
        expectEqual(transcript.asked(), ["whoAmI"])
        transcript.refuse(.whoAmI, 401, "M_UNKNOWN_TOKEN", isSoft: true)
        transcript.refuse(.refresh, 401, "M_UNKNOWN_TOKEN")
        expectEqual(transcript.machine.token, nil)
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        expectEqual(transcript.asked().last, "loginFlows")
    }
}
