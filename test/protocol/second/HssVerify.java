/** Verifies HSS signatures with Bouncy Castle. Lines of "publicKey message signature" in hexadecimal come in, true or false goes out. */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.bouncycastle.pqc.crypto.lms.HSSPublicKeyParameters;
import org.bouncycastle.pqc.crypto.lms.HSSSigner;
import org.bouncycastle.util.encoders.Hex;

public class HssVerify {
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] hex = line.split(" ");
            System.out.println(verify(Hex.decode(hex[0]), Hex.decode(hex[1]), Hex.decode(hex[2])));
        }
    }

    private static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        try {
            HSSSigner signer = new HSSSigner();
            signer.init(false, HSSPublicKeyParameters.getInstance(publicKey));
            return signer.verifySignature(message, signature);
        } catch (Exception malformed) {
            return false;
        }
    }
}
