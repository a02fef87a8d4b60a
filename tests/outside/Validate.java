// Compiles XSDs with the JDK's Xerces and validates documents by them: java Validate.java PAIRS, a file with an XSD and
// its documents in each line, separated by tabs.
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;

public class Validate {
    public static void main(String[] arguments) throws Exception {
        var failed = false;
        for (var line : Files.readAllLines(Path.of(arguments[0]))) {
            var names = line.split("\t");
            try {
                var schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(names[0]));
                for (var index = 1; index < names.length; index++) {
                    schema.newValidator().validate(new StreamSource(new File(names[index])));
                }
            } catch (org.xml.sax.SAXException error) {
                failed = true;
                System.out.println(names[0] + ": " + error.getMessage());
            }
        }
        System.exit(failed ? 1 : 0);
    }
}
