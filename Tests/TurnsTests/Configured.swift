import Host
import TestSupport

/// Reads a text as the content of `test.yaml`.
func load(_ text: String) -> LoadedConfiguration {
    let surroundings = Surroundings(environment: ["HOME": "/home/alice"], currentDirectory: "/srv")
    return ConfigurationLoader(surroundings: surroundings).read(Array(text.utf8), file: "/srv/test.yaml")
}
