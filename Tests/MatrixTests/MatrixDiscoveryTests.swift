import HTTP
import JSON
import Matrix
import Primitives
import Testing

@Suite("Matrix: where the homeserver is")
struct MatrixDiscoveryTests {
    private func transcript(named: Bool) throws -> MatrixTranscript {
        let transcript = MatrixTranscript()
        var settings = MatrixTranscript.settings()
        settings.homeserver = try HTTPURL("https://example.org")
        settings.isServerName = named
        transcript.session = MatrixSession(settings: settings, at: transcript.now)
        transcript.handle(.begin)
        return transcript
    }

    private func answer(_ base: String) -> JSON { ["m.homeserver": ["base_url": .string(base)]] }

    @Test("A server's name is asked where its API is, and that is used")
    func named() throws {
        let transcript = try self.transcript(named: true)
        #expect(transcript.asked() == ["wellKnown"])
        transcript.answer(.wellKnown, self.answer("https://matrix.example.org/"))
        #expect(transcript.uses() == ["https://example.org/", "https://matrix.example.org/"])
        #expect(transcript.asked() == ["versions"])
        transcript.answer(.versions, ["versions": ["v1.11"]])
        #expect(transcript.asked() == ["whoAmI"])
    }

    @Test("A name that says nothing is the address itself; one that talks rubbish is not guessed about")
    func silent() throws {
        let silent = try self.transcript(named: true)
        silent.refuse(.wellKnown, 404)
        #expect(silent.uses().last == "https://example.org/")
        #expect(silent.asked().last == "versions")
        for rubbish in [[:], self.answer("matrix.example.org"), ["m.homeserver": 5]] as [JSON] {
            let transcript = try self.transcript(named: true)
            transcript.answer(.wellKnown, rubbish)
            #expect(transcript.statuses().last?.hasPrefix("refused") == true)
        }
        let away = try self.transcript(named: true)
        away.refuse(.wellKnown, 502)
        #expect(away.statuses().last?.hasPrefix("down") == true)
    }

    @Test("An address that is no homeserver's may be its name's")
    func address() throws {
        for status in [404, 200] {
            let transcript = try self.transcript(named: false)
            #expect(transcript.asked() == ["versions"])
            transcript.refuse(.versions, status)
            #expect(transcript.asked() == ["wellKnown"])
            transcript.answer(.wellKnown, self.answer("https://matrix.example.org"))
            #expect(transcript.uses().last == "https://matrix.example.org/")
            #expect(transcript.asked() == ["versions"])
        }
        // It leads back to itself, or nowhere: the first reason is the one to tell.
        for base in ["https://example.org", "nowhere"] {
            let transcript = try self.transcript(named: false)
            transcript.refuse(.versions, 404)
            transcript.answer(.wellKnown, self.answer(base))
            #expect(transcript.statuses().last?.contains("HTTP 404") == true)
        }
        let wrong = try self.transcript(named: false)
        wrong.refuse(.versions, 404)
        wrong.answer(.wellKnown, self.answer("https://matrix.example.org"))
        wrong.refuse(.versions, 404)
        #expect(wrong.statuses().last?.contains("matrix.example.org") == true)
    }

    @Test("A redirect of the API is followed, but not to where everybody on the way can read")
    func redirect() throws {
        func redirected(to location: String) throws -> MatrixTranscript {
            let transcript = try self.transcript(named: false)
            transcript.handle(
                .answer(.versions, .refused(MatrixRefusal(status: 308, location: location))))
            return transcript
        }
        let followed = try redirected(to: "https://hs.example.org/sub/_matrix/client/versions")
        #expect(followed.uses().last == "https://hs.example.org/sub")
        for location in ["http://hs.example.org/_matrix/client/versions", "https://hs.example.org/welcome", "/"] {
            #expect(try redirected(to: location).asked().last == "wellKnown", "\(location)")
        }
    }

    // MARK: Tokens that end

    private func signedIn(_ memory: MatrixMemory? = nil) -> MatrixTranscript {
        let transcript = MatrixTranscript(.password(Secret("pw")), memory: memory)
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        return transcript
    }

    @Test("A token that ends is told by the login, and the next one can be renewed")
    func ending() {
        let first = self.signedIn()
        first.answer(.loginFlows, ["flows": [["type": "m.login.password"]]])
        #expect(first.requests().last?.body?["refresh_token"] == nil)
        first.answer(
            .login, ["access_token": "a", "user_id": .string(MatrixTranscript.me), "expires_in_ms": 300_000])
        #expect(first.session.memory.tokensEnd)
        #expect(first.session.memory.device?.refresh == nil)
        var memory = first.session.memory
        memory.device = nil
        let next = self.signedIn(memory)
        next.answer(.loginFlows, ["flows": [["type": "m.login.password"]]])
        #expect(next.requests().last?.body?["refresh_token"] == true)
    }

    @Test("A token is renewed before it ends, kept before it is used, and nobody hears of it")
    func renewed() {
        var memory = MatrixMemory(account: MatrixSession.account(MatrixTranscript.settings()))
        memory.device = .init(id: "JETBRIDGE", token: Secret("a"))
        let transcript = self.signedIn(memory)
        var device = memory.device
        device?.refresh = Secret("r1")
        device?.expiresAt = transcript.now.wall + 40_000
        memory.device = device
        transcript.session = MatrixSession(
            settings: MatrixTranscript.settings(.password(Secret("pw"))), memory: memory, at: transcript.now)
        transcript.signIn()
        transcript.sync(next: "s1")
        #expect(transcript.asked().last == "sync(since: Optional(\"s1\"))")
        transcript.now.wall += 50_000
        transcript.now.monotonic += 50_000
        transcript.sync(next: "s2")
        let refresh = transcript.requests().last
        #expect(refresh?.purpose == .refresh)
        #expect(refresh?.body?["refresh_token"] == "r1")
        #expect(refresh?.isAuthorised == false)
        _ = transcript.statuses()
        transcript.actions = []
        transcript.answer(.refresh, ["access_token": "b", "refresh_token": "r2", "expires_in_ms": 300_000])
        guard case .remember(let kept, true) = transcript.actions.first else {
            return #expect(Bool(false), "kept first")
        }
        #expect(kept.device?.token == Secret("b"))
        #expect(kept.device?.refresh == Secret("r2"))
        #expect(kept.device?.expiresAt == transcript.now.wall + 240_000)
        #expect(transcript.asked() == ["sync(since: Optional(\"s2\"))"])
        #expect(transcript.statuses().isEmpty)
        #expect(transcript.logs().isEmpty)
    }

    @Test("A soft logout renews the token; where that is refused, the password is left")
    func softLogout() {
        var memory = MatrixMemory(account: MatrixSession.account(MatrixTranscript.settings()))
        memory.device = .init(id: "JETBRIDGE", token: Secret("a"), refresh: Secret("r1"))
        let transcript = self.signedIn(memory)
        transcript.refuse(.whoAmI, 401, "M_UNKNOWN_TOKEN", isSoft: true)
        #expect(transcript.asked().last == "refresh")
        transcript.answer(.refresh, ["access_token": "b"])
        #expect(transcript.session.token == Secret("b"))
        #expect(transcript.asked() == ["whoAmI"])
        transcript.refuse(.whoAmI, 401, "M_UNKNOWN_TOKEN", isSoft: true)
        transcript.refuse(.refresh, 401, "M_UNKNOWN_TOKEN")
        #expect(transcript.session.token == nil)
        transcript.handle(.begin)
        transcript.answer(.versions, ["versions": []])
        #expect(transcript.asked().last == "loginFlows")
    }
}
