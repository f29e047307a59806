import Agent
import Host
import Primitives
import TestSupport
import Testing

@Suite("Configuration: several providers of models")
struct ModelsConfigurationTests {
    private static let two = """
        models:
          - {id: work, provider: openai, base_url: "https://models.example.org/v1", context_tokens: 64000}
          - {id: local, provider: openai, base_url: "http://127.0.0.1:11434/v1", name: llama3.2, images: false}
        """

    private func configuration(_ text: String) throws -> Configuration {
        let loaded = load(text)
        expectEqual(loaded.issues, [])
        return try #require(loaded.configuration)
    }

    @Test("the first one's model is the default, unless `model` names another")
    func standard() throws {
        let configuration = try self.configuration(Self.two)
        expectEqual(configuration.providers.map(\.id), ["work", "local"])
        expectEqual(configuration.model.name, "work/gpt-4.1")
        expectEqual(configuration.models.map(\.contextTokens), [64_000, nil])
        expectEqual(configuration.models.map(\.images), [nil, false])
        let named = try self.configuration(Self.two + "\nmodel: {name: local/llama3.2, turn_timeout: 3m}")
        expectEqual(named.model.name, "local/llama3.2")
        expectEqual(named.models.map(\.turnTimeout), [.seconds(180), .seconds(180)])
    }

    @Test("a `model` with a provider comes first, and its models have no prefix")
    func beside() throws {
        let configuration = try self.configuration(Self.two + "\nmodel: {provider: copilot}")
        expectEqual(configuration.providers.map(\.id), [nil, "work", "local"])
        expectEqual(configuration.model.name, "gpt-4.1")
        let alone = try self.configuration("model: {provider: copilot}")
        #expect(alone.providers.count == 1 && alone.models.isEmpty)
    }

    @Test("what is printed as effective is the same configuration")
    func effective() throws {
        for text in [Self.two, Self.two + "\nmodel: {name: local/llama3.2}", Self.two + "\nmodel: {provider: copilot}"]
        {
            let loaded = load(text)
            let again = load(loaded.effective.yaml)
            expectEqual(again.issues, [])
            expectEqual("\(try #require(again.configuration))", "\(try #require(loaded.configuration))")
        }
    }

    @Test("mistakes are named with key and line")
    func mistakes() {
        let loaded = load(
            """
            model:
              name: work/gpt-4.1
              timeout: 1m
            models:
              - {id: work, provider: rehearsal, turn_timeout: 1m}
              - {id: work, provider: copilot}
              - {id: Other, provider: openai, base_url: "http://models.example.org/v1"}
              - {id: again, provider: copilot}
              - {provider: rehearsal}
              - {id: none, bas_url: x}
            """)
        expectEqual(
            loaded.issues.map(\.description),
            [
                "/srv/test.yaml:2:3: model: 'timeout' is a setting of one provider: write it in 'models', or add 'provider'",
                "/srv/test.yaml:5:5: models[0]: 'turn_timeout' holds for all models: write it in 'model'",
                "/srv/test.yaml:6:5: models[1]: the id 'work' is already used by another item",
                "/srv/test.yaml:7:5: models[2]: base_url would send the key and all text to another machine unencrypted; "
                    + "use https://, or set allow_plain_http: true",
                "/srv/test.yaml:7:10: models[2].id: an id has 1 to 32 of a-z, 0-9 and '-', and begins with a letter",
                "/srv/test.yaml:8:5: models[3]: 'copilot' can be configured once: all of it uses one sign-in",
                "/srv/test.yaml:9:5: models[4]: 'id' is missing",
                "/srv/test.yaml:10:5: models[5]: 'provider' is missing",
                "/srv/test.yaml:10:16: models[5].bas_url: unknown key; did you mean 'base_url'?",
            ])
    }

    @Test("at most eight models answer instead of another one")
    func fallbacks() throws {
        let configuration = try self.configuration(
            Self.two + "\nmodel: {fallbacks: [work/gpt-4.1-mini, local/llama3.2]}")
        expectEqual(configuration.model.fallbacks, ["work/gpt-4.1-mini", "local/llama3.2"])
        expectEqual(configuration.model.name, "work/gpt-4.1")
        let names = (1...9).map { "m\($0)" }.joined(separator: ", ")
        expectEqual(
            load("model: {fallbacks: [\(names)]}").issues.map(\.description),
            ["/srv/test.yaml:1:20: model.fallbacks: at most 8 models can be listed"])
        expectEqual(
            load("models: [{id: a, provider: rehearsal, fallbacks: [b]}]").issues.map(\.message),
            ["'fallbacks' holds for all models: write it in 'model'"])
    }

    @Test("a persona's model is that of the configuration, and its other settings stay")
    func personas() throws {
        let plain = try self.configuration("").agent.personas
        let personas = try self.configuration("personas: {coder: {model: work/gpt-4.1}, chat: {model: small}}").agent
            .personas
        expectEqual(personas.personas.map(\.name), plain.personas.map(\.name))
        expectEqual(personas["coder"]?.model, "work/gpt-4.1")
        expectEqual(personas["chat"]?.model, "small")
        expectEqual(personas["reviewer"], plain["reviewer"])
        expectEqual(personas["coder"]?.prompt, plain["coder"]?.prompt)
        expectEqual(
            load("personas: {codr: {model: a}, chat: {modell: b}, reviewer: small}").issues.map(\.description),
            [
                "/srv/test.yaml:1:18: personas.codr: no persona has this name; did you mean 'coder'?",
                "/srv/test.yaml:1:36: personas.chat: 'model' is missing",
                "/srv/test.yaml:1:37: personas.chat.modell: unknown key; did you mean 'model'?",
                "/srv/test.yaml:1:59: personas.reviewer: expected a mapping, found text",
            ])
    }
}
