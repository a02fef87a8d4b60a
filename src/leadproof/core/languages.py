"""Names of members, parameters and fields in other languages: what they mean. Tables only, in `names.plain` spelling
(without accents, separators and case). Languages: Spanish, Portuguese, French, German, Italian, Dutch, Polish, Russian,
Chinese, Japanese.
"""

from __future__ import annotations

#: Meaning -> names. Only such as mean this and nothing else on the wire.
NAMES = {
    "text": (
        "nombre nombres apellido apellidos nombrecompleto primernombre segundonombre apellidopaterno apellidomaterno"
        " direccion calle ciudad domicilio poblacion"
        " nomecompleto sobrenome primeironome endereco logradouro cidade bairro morada"
        " prenom nom nomdefamille nomcomplet adresse rue ville voie"
        " vorname nachname familienname zuname rufname strasse hausnummer anschrift stadt wohnort ort ansprechpartner"
        " nome cognome nomecognome indirizzo citta comune"
        " voornaam achternaam naam straat straatnaam woonplaats adres"
        " imie nazwisko imieinazwisko ulica miasto miejscowosc"
        " имя фамилия отчество фио адрес улица город"
        " 姓名 名字 姓 名 地址 城市 联系人 街道 客户姓名 氏名 お名前 名前 住所 フリガナ 市区町村"
    ),
    "email": "correo correoelectronico emailadresse mailadresse epost courriel adressemail adresseemail adresemail"
             " адресэлектроннойпочты почта электроннаяпочта 邮箱 电子邮件 电子邮箱 電子郵件 メール メールアドレス",
    "phone": "telefono telefonos movil celular telefone celularwhatsapp telemovel tel telefon telefonnummer"
             " handynummer mobilnummer mobiltelefon rufnummer festnetz numerodetelephone telephoneportable"
             " cellulare telefoonnummer telefoon mobiel telefonkomorkowy numertelefonu komorka"
             " телефон номертелефона мобильный 电话 手机 手机号 手机号码 联系电话 電話 電話番号 携帯電話 携帯",
    "ssn": "dni nif nie curp cpf cpfcnpj nir numerodesecuritesociale sozialversicherungsnummer steuerid steuernummer"
           " codicefiscale bsn burgerservicenummer pesel снилс инн паспорт 身份证 身份证号 身份证号码 マイナンバー",
    "date": "fechadenacimiento fechanacimiento datadenascimento nascimento datanascimento datedenaissance"
            " naissance geburtsdatum geburtstag geboren datadinascita datanascita geboortedatum dataurodzenia"
            " датарождения деньрождения 出生日期 生日 生年月日 誕生日",
    "zip": "codigopostal cep codepostal plz postleitzahl codicepostale postcodenl kodpocztowy"
           " индекс почтовыйиндекс 邮编 邮政编码 郵便番号",
}  # fmt: skip
