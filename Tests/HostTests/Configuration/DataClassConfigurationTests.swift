import Chat
import Host
import TestSupport
import Testing

@Suite("Configuration: classes of data")
struct DataClassConfigurationTests {
    private static let models = """
        models:
          - {id: cloud, provider: openai, base_url: "https://models.example.org/v1"}
          - {id: local, provider: openai, base_url: "http://127.0.0.1:11434/v1", name: llama3.2, classes: [secret]}

        """

    @Test("a repository has a class, and models name those that they may get")
    func classes() throws {
        let loaded = load(
            Self.models + """
                repositories: [{name: notes, path: notes}, {name: vault, path: vault, class: secret}]
                """)
        expectEqual(loaded.issues, [])
        let configuration = try #require(loaded.configuration)
        expectEqual(configuration.models.map(\.classes), [[], ["secret"]])
        expectEqual(configuration.dataClasses, DataClasses(["vault": "secret"], defaultRepository: "notes"))
        expectEqual(configuration.dataFinding, nil)
        let again = load(loaded.effective.yaml)
        expectEqual("\(try #require(again.configuration))", "\(configuration)")
    }

    @Test("`model` names classes too, also where it is the only one")
    func alone() throws {
        let loaded = load(
            """
            model: {provider: copilot, classes: [secret, staff]}
            repositories: [{name: vault, path: vault, class: secret}]
            """)
        expectEqual(loaded.issues, [])
        expectEqual(loaded.configuration?.model.classes, ["secret", "staff"])
    }

    @Test("a class that no model names is an error")
    func unanswerable() {
        let text = "repositories: [{name: vault, path: vault, class: secrets}]"
        expectEqual(
            load(Self.models + text).issues.map(\.description),
            [
                "/srv/test.yaml:4:16: repositories[0]: no model has the class 'secrets', so nothing could ever answer about "
                    + "this repository: add it to 'classes' of a model; did you mean 'secret'?"
            ])
        expectEqual(load(text).issues.map(\.path), ["repositories[0]"])
    }

    @Test("a default model that may not get what the default repository has is named")
    func finding() {
        let vault = "repositories: [{name: vault, path: vault, class: secret}]"
        let line =
            "the default model cloud/gpt-4.1 may not get data of class secret, which the default repository vault has: every "
            + "question there is refused until its thread chooses local/llama3.2"
        let loaded = load(Self.models + vault)
        expectEqual(loaded.issues.map(\.message), [line])
        expectEqual(loaded.warnings.count, 1)
        expectEqual(loaded.configuration?.dataFinding, line)
        expectEqual(load(Self.models + vault + "\nmodel: {name: local/llama3.2}").issues, [])
    }

    @Test("mistakes are named with key and line")
    func mistakes() {
        let loaded = load(
            """
            model: {name: local/x, classes: [secret]}
            models: [{id: local, provider: rehearsal, classes: [Secret]}]
            repositories: [{name: vault, path: vault, class: [secret]}, {name: b, path: b, class: -x}]
            """)
        expectEqual(
            loaded.issues.map(\.description),
            [
                "/srv/test.yaml:1:8: model: 'classes' is a setting of one provider: write it in 'models', or add 'provider'",
                "/srv/test.yaml:2:53: models[0].classes[0]: a class has 1 to 32 of a-z, 0-9 and '-', and does not begin "
                    + "with '-'",
                "/srv/test.yaml:3:50: repositories[0].class: expected text, found a list",
                "/srv/test.yaml:3:87: repositories[1].class: a class has 1 to 32 of a-z, 0-9 and '-', and does not begin "
                    + "with '-'",
            ])
    }
}
