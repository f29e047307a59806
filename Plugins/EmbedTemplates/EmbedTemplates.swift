import Foundation
import PackagePlugin

/// Embeds files of `config` into the binary, which needs no source tree at run time: `jetbridge.*.yaml`, `jail.*.yaml`
/// `personas/*.yaml` and `extensions/*.yaml` into Host, `templates/*.md` into SpecDocuments, `prices.json` into Analytics, `words/*.txt` into Words, all of `rehearsal`
/// into Models, and all of `reading` into Reading.
@main
struct EmbedTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "Plugins/EmbedTemplates/embed.sh")
        return try Self.files(of: target.name, in: root.appending(path: "config")).map { type, files in
            let output = context.pluginWorkDirectoryURL.appending(path: "\(type).swift")
            return .buildCommand(
                displayName: "Embedding \(type)", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, output.path, type] + files.map(\.path),
                inputFiles: [script] + files, outputFiles: [output])
        }
    }

    private static func files(of target: String, in config: URL) throws -> [(type: String, files: [URL])] {
        switch target {
        case "SpecDocuments":
            return [("DocumentTemplateFiles", try Self.files(in: config.appending(path: "templates"), "md"))]
        case "Models":
            return [("RehearsalFiles", try Self.files(in: config.appending(path: "rehearsal"), "json", "md", "txt"))]
        case "Reading": return [("ReadingFiles", try Self.files(in: config.appending(path: "reading"), "pl", "sh"))]
        case "Words": return [("WordFiles", try Self.files(in: config.appending(path: "words"), "txt"))]
        case "Analytics": return [("PriceFiles", [config.appending(path: "prices.json")])]
        default: break
        }
        let templates = try Self.files(in: config, "yaml").filter { file in
            file.lastPathComponent.hasPrefix("jetbridge.") || file.lastPathComponent.hasPrefix("jail.")
        }
        return [
            ("TemplateFiles", templates),
            ("PersonaFiles", try Self.files(in: config.appending(path: "personas"), "yaml")),
            ("ExtensionFiles", try Self.files(in: config.appending(path: "extensions"), "yaml")),
        ]
    }

    private static func files(in folder: URL, _ endings: String...) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { endings.contains($0.pathExtension) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
